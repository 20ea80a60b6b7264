"""Serving over stdio: one process a client."""

import os
import signal
import sys
from functools import partial

from server.app import build_server, log_to_stderr
from server.settings import Settings
from server.warming import Warming, open_lazily
from server.wire import mend_stdin


def serve_stdio(settings: Settings) -> None:
    """Serve until the client closes standard input."""
    log_to_stderr(settings.log_level)
    if sys.stdin.isatty():
        sys.stderr.write("sensorium speaks MCP on stdin and stdout, for a client to start; see `sensorium --help`\n")
    mend_stdin()
    # A read of standard input cannot be interrupted; every write is safe at any moment.
    signal.signal(signal.SIGINT, _stop)
    build_server(Warming(partial(open_lazily, settings, is_local=True))).run("stdio")


def _stop(_number: int, _frame: object) -> None:
    os._exit(130)
