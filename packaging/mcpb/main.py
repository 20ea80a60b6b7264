#!/usr/bin/env python3
"""What hosts start: the `sensorium` command, from the bundle's own environment."""

from server.cli import main

if __name__ == "__main__":
    main()
