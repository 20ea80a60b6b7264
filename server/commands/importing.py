"""`import`: the files of folders as memories."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from memory.model import DEFAULT_NAMESPACE
from server.commands.environment import AsJson, examples, settings

importing = typer.Typer()
_WHICH, _COST = "Which files", "What it costs"


@importing.command(
    "import",
    rich_help_panel="The memory as a whole",
    epilog=examples(
        "sensorium import ~/notes --dry-run  # what there is, and what it will cost",
        "sensorium import ~/notes ~/papers --tag reading",
        "sensorium import . --include '*.md' --include 'docs/**' --exclude drafts/",
        "sensorium import ~/notes --watch --delete  # the memory follows the folder",
        "sensorium import memory.jsonl  # what the official memory server knows",
    ),
)
def import_(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Folders, with all below them, and files; or memory.jsonl."),
    ],
    *,
    include: Annotated[
        list[str] | None,
        typer.Option(metavar="GLOB", help="Only these, as .gitignore writes them; repeatable.", rich_help_panel=_WHICH),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Not these, likewise.", rich_help_panel=_WHICH)
    ] = None,
    no_ignore: Annotated[
        bool,
        typer.Option("--no-ignore", help="Obey no .gitignore and .sensoriumignore.", rich_help_panel=_WHICH),
    ] = False,
    delete: Annotated[
        bool,
        typer.Option("--delete", help="Forget for good what was imported of files that are gone."),
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on, and follow what is added, changed, moved and deleted.")
    ] = False,
    namespace: Annotated[str, typer.Option(help="Project the memories belong to.")] = DEFAULT_NAMESPACE,
    tag: Annotated[list[str] | None, typer.Option(help="Tag on every memory; may be given more than once.")] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only say what there is and what embedding it costs.", rich_help_panel=_COST),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Agree to what it costs without being asked.", rich_help_panel=_COST)
    ] = False,
    batch: Annotated[
        bool,
        typer.Option("--batch", help="By Gemini's batch jobs: half the price, hours later.", rich_help_panel=_COST),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Remember every file of folders, each as a memory. Run again, it goes on and takes only what is new or changed.

    A file that changed becomes a newer version of its memory, one that was moved keeps it, and of one that is gone
    it is told. Hidden files, links and what .gitignore names are passed over. Where embedding costs money, the
    sum is shown first, and asked about.
    """
    from server.importing.orders import Order  # noqa: PLC0415  # loads everything there is
    from server.importing.running import run_import  # noqa: PLC0415  # likewise

    order = Order(
        paths=tuple(paths),
        namespace=namespace,
        tags=tuple(tag or ()),
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        ignores=not no_ignore,
        delete=delete,
        watch=watch,
        dry_run=dry_run,
        batch=batch,
        yes=yes,
        as_json=as_json,
    )
    sys.exit(run_import(settings(), order))
