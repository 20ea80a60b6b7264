"""`sensorium token`: who is let in over HTTP."""

from typing import Annotated

import typer

from server.commands.environment import AsJson, examples, settings

token = typer.Typer(help="Tokens that let people and agents in over HTTP.", no_args_is_help=True)


@token.command(
    "add",
    epilog=examples(
        "sensorium token add anna --expires 90d",
        "sensorium token add reader --scope read",
        "sensorium token add anna --print-only  # for SENSORIUM_TOKENS",
    ),
)
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
    as_json: AsJson = False,
) -> None:
    """Make a token and print it, once."""
    from server.web.managing import add_token  # noqa: PLC0415  # loads the MCP SDK

    add_token(settings(), name, scope or (), expires, print_only=print_only, as_json=as_json)


@token.command("list", epilog=examples("sensorium token list"))
def token_list(*, as_json: AsJson = False) -> None:
    """Show which tokens there are, without the tokens."""
    from server.web.managing import list_tokens  # noqa: PLC0415  # likewise

    list_tokens(settings(), as_json=as_json)


@token.command("revoke", epilog=examples("sensorium token revoke anna"))
def token_revoke(
    named: Annotated[str, typer.Argument(metavar="NAME|ID", help="All tokens of a name, or the one of an id.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Let a token in no more, servers that run included."""
    from server.web.managing import revoke_token  # noqa: PLC0415  # likewise

    revoke_token(settings(), named, as_json=as_json)
