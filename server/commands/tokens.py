"""`sensorium token`: who is let in over HTTP."""

from typing import Annotated

import typer

from server.commands.environment import settings

token = typer.Typer(help="Tokens that let people and agents in over HTTP.", no_args_is_help=True)


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

    add_token(settings(), name, scope or (), expires, print_only=print_only)


@token.command("list")
def token_list(*, as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False) -> None:
    """Show which tokens there are, without the tokens."""
    from server.web.managing import list_tokens  # noqa: PLC0415  # likewise

    list_tokens(settings(), as_json=as_json)


@token.command("revoke")
def token_revoke(
    named: Annotated[str, typer.Argument(metavar="NAME|ID", help="All tokens of a name, or the one of an id.")],
) -> None:
    """Let a token in no more, servers that run included."""
    from server.web.managing import revoke_token  # noqa: PLC0415  # likewise

    revoke_token(settings(), named)
