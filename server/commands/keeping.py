"""Commands on the memory as a whole: to copy it, to move it."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from server.commands.environment import AsJson, examples, settings

keeping = typer.Typer()
_PANEL = "The memory as a whole"


@keeping.command(
    rich_help_panel=_PANEL,
    epilog=examples(
        "sensorium export backup.tar",
        "sensorium export project.tar --namespace api --vectors",
    ),
)
def export(
    file: Annotated[Path, typer.Argument(help="The archive to write.")],
    *,
    vectors: Annotated[
        bool, typer.Option("--vectors", help="With all vectors, so that nothing has to be embedded again.")
    ] = False,
    namespace: Annotated[str, typer.Option(help="Only memories of this project.", show_default="all")] = "",
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write everything that is remembered into one archive, while servers may go on."""
    from memory.exporting import Export  # noqa: PLC0415  # loads the store
    from server.archiving import run_export  # noqa: PLC0415  # likewise

    order = Export(target=file, namespace=namespace, with_vectors=vectors, replaces=force)
    sys.exit(run_export(settings(), order, as_json=as_json))


@keeping.command(
    rich_help_panel=_PANEL,
    epilog=examples(
        "sensorium restore backup.tar",
        "SENSORIUM_HOME=/tmp/look sensorium restore backup.tar  # into another store",
    ),
)
def restore(
    file: Annotated[Path, typer.Argument(help="An archive that export wrote.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Take in what an archive holds and is not here; stopped, it goes on when run again."""
    from server.archiving import run_restore  # noqa: PLC0415  # loads everything there is

    sys.exit(run_restore(settings(), file, as_json=as_json))


@keeping.command(
    rich_help_panel=_PANEL,
    epilog=examples(
        "GEMINI_API_KEY=… sensorium reembed",
        "GEMINI_API_KEY=… SENSORIUM_MAX_SPEND=5 sensorium reembed --batch",
        "SENSORIUM_EMBEDDER=local sensorium reembed --keep-old",
    ),
)
def reembed(
    *,
    batch: Annotated[
        bool, typer.Option("--batch", help="By Gemini's batch jobs: half the price, hours later.")
    ] = False,
    keep_old: Annotated[
        bool, typer.Option("--keep-old", help="Keep the vectors of other embedders, to go back to one.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Move the memory to the embedder that is set: embed what has no vector of it, then erase those of others.

    Stopped, it goes on when run again; recall goes on meanwhile.
    """
    from server.reembedding import run_reembed  # noqa: PLC0415  # loads everything there is

    sys.exit(run_reembed(settings(), batch=batch, keep_old=keep_old, as_json=as_json))
