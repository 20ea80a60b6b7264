"""Sound and film: spans of seconds, speech, key frames, clips."""
