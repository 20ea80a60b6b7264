"""The `sensorium` command. Heavy libraries are imported by the commands that need them, not here."""

import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from memory.errors import ConfigurationError, SensoriumError
from server.commands.environment import settings
from server.commands.importing import importing
from server.commands.installing import installing
from server.commands.keeping import keeping
from server.commands.tokens import token
from server.commands.tools import tools

_HOST = "127.0.0.1"
_PORT = 8000

app = typer.Typer(
    name="sensorium",
    help="One memory for everything an agent reads, sees and hears. Without a command: serve MCP over stdio.",
    pretty_exceptions_enable=False,  # a bug's traceback plain, without the values of variables
    no_args_is_help=False,
)
app.add_typer(tools)
app.add_typer(importing)
app.add_typer(keeping)
app.add_typer(installing)
app.add_typer(token, name="token", rich_help_panel="Servers")


def main() -> None:
    """Entry point: anticipated errors end with one line on stderr and exit code 1."""
    try:
        app()
    except SensoriumError as error:
        sys.stderr.write(f"sensorium: {error}\n")
        sys.exit(1)


@app.callback(invoke_without_command=True)
def default(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Serve over stdio where no command is given."""
    if version:
        from importlib.metadata import version as installed  # noqa: PLC0415  # kept out of --help

        typer.echo(f"sensorium {installed('sensorium')}")
        return
    if context.invoked_subcommand is None:
        from server.stdio import serve_stdio  # noqa: PLC0415  # the MCP SDK costs over a second

        serve_stdio(settings())


@app.command(rich_help_panel="Servers")
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
        from server.stdio import serve_stdio  # noqa: PLC0415  # as above

        serve_stdio(settings())
        return
    from memory.model import Quota  # noqa: PLC0415  # as above
    from server.web.serving import Serving, serve_http  # noqa: PLC0415  # as above

    serving = Serving(
        host=_HOST if host is None else host,
        port=_PORT if port is None else port,
        insecure=insecure,
        public_url=public_url or "",
        oauth_issuer=oauth_issuer or "",
        oauth_audience=oauth_audience or "",
        max_requests=max_requests,
        quota=Quota(max_memories=max_memories, max_bytes=None if max_mb is None else max_mb * 2**20),
    )
    serve_http(settings(), serving)


@app.command(rich_help_panel="What there is")
def doctor() -> None:
    """Check this installation: settings, store, embedder, and what reads each medium."""
    from server.doctor import examine  # noqa: PLC0415  # loads everything there is

    sys.exit(examine(settings()))


@app.command(rich_help_panel="What there is")
def status(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Show what is stored, what waits, and how far long files are read."""
    from server.status import show  # noqa: PLC0415  # loads everything there is

    show(settings(), as_json=as_json)


@app.command(rich_help_panel="What there is")
def topics(
    *,
    namespace: Annotated[str, typer.Option(help="Only memories of this project.", show_default="all")] = "",
    limit: Annotated[int, typer.Option(min=1, max=50, help="Topics to show, the largest first.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Show what is remembered by topic: the words that tell of each, and examples."""
    from server.topics import run_topics  # noqa: PLC0415  # loads everything there is

    run_topics(settings(), namespace, limit, as_json=as_json)


def _refuse_without_http(given: Mapping[str, bool]) -> None:
    options = ", ".join(option for option, is_given in given.items() if is_given)
    if options:
        raise ConfigurationError(f"{options} without --http has no effect: stdio listens nowhere. Add --http.")
