"""`import`: the files of a folder as memories."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from server.commands.environment import settings

importing = typer.Typer()


@importing.command("import", rich_help_panel="The memory as a whole")
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
    sys.exit(run_import(settings(), order))
