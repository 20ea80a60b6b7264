"""The product's HTTP server with the suite's fixtures added: `python -m conformance.fixtures`.

The MCP server is the product's, and so is what stands before it: hosts, admission, limits.
"""

import socket
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

import uvicorn
from conformance.asking import add_asking
from conformance.contents import add_contents
from mcp.server.context import ServerMiddleware

from server.app import build_server, log_to_stderr
from server.resources import MemoryServer
from server.settings import read_settings
from server.warming import Warming, open_lazily
from server.web.app import build_http_app
from server.web.serving import Serving, site_of


def build_with_fixtures(memory: Warming, middleware: Sequence[ServerMiddleware[Any]]) -> MemoryServer:
    """The product's server with the fixtures beside its own tools, resources and prompts."""
    server = build_server(memory, middleware)
    add_contents(server)
    add_asking(server)
    return server


def main() -> None:
    """Serve on any free port of this machine until told to stop; where, is said on stderr."""
    settings = read_settings()
    log_to_stderr("CRITICAL")  # tools that fail as they should log tracebacks
    site = site_of(settings, Serving())
    app = build_http_app(partial(open_lazily, settings, is_local=False, links=site.links), site, build_with_fixtures)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sys.stderr.write(f"running on http://127.0.0.1:{listening.getsockname()[1]}\n")
        sys.stderr.flush()
        uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False)).run(sockets=[listening])


if __name__ == "__main__":
    main()
