"""What commands are run with."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from server.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


def examples(*lines: str) -> str:
    """The end of a command's help: what people type, a line each, as `command  # what for`."""
    return "\n".join(["[bold]Examples[/bold]", *(line.replace("[", "\\[") for line in lines)])


def settings() -> "Settings":
    """What the user has set.

    Raises:
        ConfigurationError: a variable cannot be used.
    """
    from server.settings import read_settings  # noqa: PLC0415  # kept out of --help

    return read_settings()
