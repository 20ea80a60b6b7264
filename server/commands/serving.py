"""`sensorium serve`: the memory as a server, over stdio or HTTP."""

from collections.abc import Mapping
from typing import Annotated

import typer

from memory.errors import ConfigurationError
from server.commands.environment import examples, settings

serving = typer.Typer()
_HOST = "127.0.0.1"
_PORT = 8000


@serving.command(
    rich_help_panel="Servers",
    epilog=examples(
        "sensorium serve --http  # for this machine: the page at /, MCP at /mcp",
        "sensorium serve --http --host 0.0.0.0 --public-url https://memory.example.org",
        "sensorium serve --http --oauth-issuer https://login.example.org --max-mb 2000",
    ),
)
def serve(
    *,
    http: Annotated[
        bool, typer.Option("--http", help="Streamable HTTP at /mcp, and the page at /, not stdio.")
    ] = False,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default=_HOST)] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0: any free one.", show_default=str(_PORT))
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Listen beyond this machine, asking nobody who they are.")
    ] = False,
    public_url: Annotated[
        str | None, typer.Option(help="What clients call this server, such as https://memory.example.org.")
    ] = None,
    oauth_issuer: Annotated[
        str | None, typer.Option(help="Take access tokens of this OAuth 2.1 issuer, which publishes its keys.")
    ] = None,
    oauth_audience: Annotated[
        str | None, typer.Option(help="Whom its tokens must be for.", show_default="the public URL of /mcp")
    ] = None,
    max_requests: Annotated[int | None, typer.Option(min=1, help="Requests of one owner in a minute.")] = None,
    max_memories: Annotated[int | None, typer.Option(min=1, help="Memories that one owner may hold.")] = None,
    max_mb: Annotated[int | None, typer.Option(min=1, help="MiB of texts and files that one owner may hold.")] = None,
) -> None:
    """Serve MCP over stdio, or with --http over HTTP; all other options are for HTTP."""
    options = {
        "--host": host,
        "--port": port,
        "--insecure": insecure or None,
        "--public-url": public_url,
        "--oauth-issuer": oauth_issuer,
        "--oauth-audience": oauth_audience,
        "--max-requests": max_requests,
        "--max-memories": max_memories,
        "--max-mb": max_mb,
    }
    if not http:
        _refuse_without_http({option: value is not None for option, value in options.items()})
        from server.stdio import serve_stdio  # noqa: PLC0415  # the MCP SDK costs over a second

        serve_stdio(settings())
        return
    from memory.model import Quota  # noqa: PLC0415  # as above
    from server.web.serving import Serving, serve_http  # noqa: PLC0415  # as above

    order = Serving(
        host=_HOST if host is None else host,
        port=_PORT if port is None else port,
        insecure=insecure,
        public_url=public_url or "",
        oauth_issuer=oauth_issuer or "",
        oauth_audience=oauth_audience or "",
        max_requests=max_requests,
        quota=Quota(max_memories=max_memories, max_bytes=None if max_mb is None else max_mb * 2**20),
    )
    serve_http(settings(), order)


def _refuse_without_http(given: Mapping[str, bool]) -> None:
    options = ", ".join(option for option, is_given in given.items() if is_given)
    if options:
        raise ConfigurationError(f"{options} without --http has no effect: stdio listens nowhere. Add --http.")
