"""The commands of `sensorium`, by what they are for; heavy libraries are imported when one is run."""
