"""The `sensorium` command. Heavy libraries are imported by the commands that need them, not here."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memory.errors import ConfigurationError, SensoriumError

if TYPE_CHECKING:
    from server.settings import Settings

_HOST = "127.0.0.1"
_PORT = 8000

app = typer.Typer(
    name="sensorium",
    help="One memory for everything an agent reads, sees and hears. Without a command: serve MCP over stdio.",
    add_completion=False,
    pretty_exceptions_enable=False,  # a bug's traceback plain, without the values of variables
    no_args_is_help=False,
)
token = typer.Typer(help="Tokens that let people and agents in over HTTP.", no_args_is_help=True)
app.add_typer(token, name="token")


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

        serve_stdio(_settings())


@app.command()
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

        serve_stdio(_settings())
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
    serve_http(_settings(), serving)


@token.command("add")
def token_add(
    name: Annotated[str, typer.Argument(help="Whose memories it opens; `local` are those of stdio.")],
    *,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="read, write or forget; may be given more than once.", show_default="all three"),
    ] = None,
    expires: Annotated[str, typer.Option(help="When it ends, such as 2027-01-31 or 90d.", show_default="never")] = "",
    print_only: Annotated[
        bool, typer.Option("--print-only", help="Keep nothing: print what goes into SENSORIUM_TOKENS.")
    ] = False,
) -> None:
    """Make a token and print it, once."""
    from server.web.managing import add_token  # noqa: PLC0415  # loads the MCP SDK

    add_token(_settings(), name, scope or (), expires, print_only=print_only)


@token.command("list")
def token_list(*, as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False) -> None:
    """Show which tokens there are, without the tokens."""
    from server.web.managing import list_tokens  # noqa: PLC0415  # likewise

    list_tokens(_settings(), as_json=as_json)


@token.command("revoke")
def token_revoke(
    named: Annotated[str, typer.Argument(metavar="NAME|ID", help="All tokens of a name, or the one of an id.")],
) -> None:
    """Let a token in no more, servers that run included."""
    from server.web.managing import revoke_token  # noqa: PLC0415  # likewise

    revoke_token(_settings(), named)


@app.command()
def doctor() -> None:
    """Check this installation: settings, store, embedder, and what reads each medium."""
    from server.doctor import examine  # noqa: PLC0415  # loads everything there is

    sys.exit(examine(_settings()))


@app.command()
def status(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Show what is stored, what waits, and how far long files are read."""
    from server.status import show  # noqa: PLC0415  # loads everything there is

    show(_settings(), as_json=as_json)


@app.command()
def topics(
    *,
    namespace: Annotated[str, typer.Option(help="Only memories of this project.", show_default="all")] = "",
    limit: Annotated[int, typer.Option(min=1, max=50, help="Topics to show, the largest first.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Show what is remembered by topic: the words that tell of each, and examples."""
    from server.topics import run_topics  # noqa: PLC0415  # loads everything there is

    run_topics(_settings(), namespace, limit, as_json=as_json)


@app.command("import")
def import_(
    folder: Annotated[
        Path, typer.Argument(help="Folder whose files are remembered, or the official memory server's file.")
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what there is and what embedding it will cost.")
    ] = False,
    batch: Annotated[
        bool, typer.Option("--batch", help="Embed by Gemini's batch jobs: half the price, hours later.")
    ] = False,
    namespace: Annotated[str, typer.Option(help="Project the memories belong to.")] = "default",
    tag: Annotated[list[str] | None, typer.Option(help="Tag on every memory; may be given more than once.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Remember every file of a folder, or memory.jsonl; run again, it goes on and takes only what is new."""
    from server.importing import Order, run_import  # noqa: PLC0415  # loads everything there is

    order = Order(
        folder=folder, namespace=namespace, tags=tuple(tag or ()), dry_run=dry_run, batch=batch, as_json=as_json
    )
    sys.exit(run_import(_settings(), order))


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="The archive to write.")],
    *,
    vectors: Annotated[
        bool, typer.Option("--vectors", help="With all vectors, so that nothing has to be embedded again.")
    ] = False,
    namespace: Annotated[str, typer.Option(help="Only memories of this project.", show_default="all")] = "",
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Write everything that is remembered into one archive, while servers may go on."""
    from memory.exporting import Export  # noqa: PLC0415  # loads the store
    from server.archiving import run_export  # noqa: PLC0415  # likewise

    order = Export(target=file, namespace=namespace, with_vectors=vectors, replaces=force)
    sys.exit(run_export(_settings(), order, as_json=as_json))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="An archive that export wrote.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Take in what an archive holds and is not here; stopped, it goes on when run again."""
    from server.archiving import run_restore  # noqa: PLC0415  # loads everything there is

    sys.exit(run_restore(_settings(), file, as_json=as_json))


@app.command()
def reembed(
    *,
    batch: Annotated[
        bool, typer.Option("--batch", help="By Gemini's batch jobs: half the price, hours later.")
    ] = False,
    keep_old: Annotated[
        bool, typer.Option("--keep-old", help="Keep the vectors of other embedders, to go back to one.")
    ] = False,
) -> None:
    """Move the memory to the embedder that is set: embed what has no vector of it, then erase those of others.

    Stopped, it goes on when run again; recall goes on meanwhile.
    """
    from server.reembedding import run_reembed  # noqa: PLC0415  # loads everything there is

    sys.exit(run_reembed(_settings(), batch=batch, keep_old=keep_old))


def _refuse_without_http(given: Mapping[str, bool]) -> None:
    options = ", ".join(option for option, is_given in given.items() if is_given)
    if options:
        raise ConfigurationError(f"{options} without --http has no effect: stdio listens nowhere. Add --http.")


def _settings() -> "Settings":
    from server.settings import read_settings  # noqa: PLC0415  # kept out of --help

    return read_settings()
