"""`sensorium install` and `uninstall`: into the clients that start the server, and out of them."""

from typing import Annotated

import typer

from server.clients.catalogue import ClientName
from server.commands.environment import AsJson, examples

installing = typer.Typer()
_PANEL = "Clients"

_Client = Annotated[ClientName, typer.Argument(metavar="CLIENT", help="The program whose settings change.")]
_Name = Annotated[str, typer.Option(help="What the client calls the server.")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show the change.")]
_Force = Annotated[bool, typer.Option("--force", help="Even if another server has the name.")]


@installing.command(
    rich_help_panel=_PANEL,
    epilog=examples(
        "sensorium install cursor --dry-run",
        "sensorium install claude-desktop --env GEMINI_API_KEY=…",
        "sensorium install vscode --command uvx --arg sensorium",
    ),
)
def install(
    client: _Client,
    *,
    name: _Name = "sensorium",
    env: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE", help="Variable the server is started with; nothing of this shell goes along otherwise."
        ),
    ] = None,
    command: Annotated[str, typer.Option(help="What starts the server.", show_default="this sensorium")] = "",
    arg: Annotated[list[str] | None, typer.Option(help="Argument of the command; may be given more than once.")] = None,
    dry_run: _DryRun = False,
    force: _Force = False,
    as_json: AsJson = False,
) -> None:
    """Have a client start the server: its settings gain one entry, and their first state is kept beside them."""
    from server.clients.entries import Launch  # noqa: PLC0415  # kept out of --help
    from server.clients.launching import own_command, variables_from  # noqa: PLC0415  # likewise
    from server.clients.running import Order, run_install  # noqa: PLC0415  # likewise

    variables = variables_from(env or ())
    launch = Launch(command=command or own_command(), arguments=tuple(arg or ()), variables=variables)
    run_install(Order(client=client, name=name, dry_run=dry_run, force=force, as_json=as_json), launch)


@installing.command(rich_help_panel=_PANEL, epilog=examples("sensorium uninstall cursor"))
def uninstall(
    client: _Client,
    *,
    name: _Name = "sensorium",
    dry_run: _DryRun = False,
    force: _Force = False,
    as_json: AsJson = False,
) -> None:
    """Have a client start the server no more: only its entry goes; what is remembered stays."""
    from server.clients.running import Order, run_uninstall  # noqa: PLC0415  # as above

    run_uninstall(Order(client=client, name=name, dry_run=dry_run, force=force, as_json=as_json))
