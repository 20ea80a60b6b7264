"""Commands that change nothing: `demo`, `doctor`, `status`, `topics`."""

import sys
from typing import Annotated

import typer

from server.commands.environment import AsJson, examples, settings

looking = typer.Typer()
_PANEL = "What there is"


@looking.command(rich_help_panel=_PANEL, epilog=examples("sensorium demo"))
def demo(*, as_json: AsJson = False) -> None:
    """Try it: remember three things in a folder that goes, end the server, recall them from another, forget one.

    It takes some seconds, sends nothing, and touches neither your memories nor your settings.
    """
    from server.demo import run_demo  # noqa: PLC0415  # loads the MCP SDK

    sys.exit(run_demo(as_json=as_json))


@looking.command(
    rich_help_panel=_PANEL,
    epilog=examples("sensorium doctor", "sensorium doctor --json | jq '.checks[] | select(.verdict != \"ok\")'"),
)
def doctor(
    *,
    as_json: AsJson = False,
) -> None:
    """Check this installation: settings, store, embedder, and what reads each medium."""
    from server.doctor import examine  # noqa: PLC0415  # loads everything there is

    sys.exit(examine(settings(), as_json=as_json))


@looking.command(
    rich_help_panel=_PANEL,
    epilog=examples("sensorium status", "sensorium status --json | jq .namespaces"),
)
def status(
    *,
    as_json: AsJson = False,
) -> None:
    """Show what is stored, what waits, and how far long files are read."""
    from server.status import show  # noqa: PLC0415  # loads everything there is

    show(settings(), as_json=as_json)


@looking.command(rich_help_panel=_PANEL, epilog=examples("sensorium topics --namespace api --limit 10"))
def topics(
    *,
    namespace: Annotated[str, typer.Option(help="Only memories of this project.", show_default="all")] = "",
    limit: Annotated[int, typer.Option(min=1, max=50, help="Topics to show, the largest first.")] = 30,
    as_json: AsJson = False,
) -> None:
    """Show what is remembered by topic: the words that tell of each, and examples."""
    from server.topics import run_topics  # noqa: PLC0415  # loads everything there is

    run_topics(settings(), namespace, limit, as_json=as_json)
