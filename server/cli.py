"""The `sensorium` command. Heavy libraries are imported by the commands that need them, not here."""

import sys
from typing import Annotated

import typer

from memory.errors import SensoriumError
from server.commands.environment import settings
from server.commands.importing import importing
from server.commands.installing import installing
from server.commands.keeping import keeping
from server.commands.looking import looking
from server.commands.serving import serving
from server.commands.tokens import token
from server.commands.tools import tools

app = typer.Typer(
    name="sensorium",
    help="One memory for everything an agent reads, sees and hears. Without a command: serve MCP over stdio.",
    rich_markup_mode="rich",
    epilog="Settings are environment variables: [bold]sensorium doctor[/bold] shows each, and what it led to. "
    "Tab completes commands and options after [bold]sensorium --install-completion[/bold]. "
    "A command ends with 0 when it did what was asked, with 1 when it did not or in part, and says why; with 2 when "
    "it was not understood.",
    pretty_exceptions_enable=False,  # a bug's traceback plain, without the values of variables
    no_args_is_help=False,
)
app.add_typer(tools)
app.add_typer(looking)
app.add_typer(importing)
app.add_typer(keeping)
app.add_typer(installing)
app.add_typer(serving)
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
