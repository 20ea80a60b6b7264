"""`sensorium import`: files of folders as memories, once and whenever they change; or what another server knew."""
