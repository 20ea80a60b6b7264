"""`remember`, `recall` and `forget` for people and scripts: the tools that agents have, with the same words."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from memory.model import DEFAULT_NAMESPACE, Mode
from memory.pieces import Modality
from server.commands.environment import AsJson, examples, settings

tools = typer.Typer()
_PANEL = "Memories"

_Tags = Annotated[list[str] | None, typer.Option("--tag", help="Tag; may be given more than once.")]
_Kinds = Annotated[list[Modality] | None, typer.Option(help="Only of this kind; may be given more than once.")]
_Since = Annotated[str, typer.Option(help="From then on: 2026-03-01, or 7d for the last week.")]
_Until = Annotated[str, typer.Option(help="Until then, the day included.")]
_Namespace = Annotated[str, typer.Option(help="Only this project's.", show_default="all")]
_Session = Annotated[str, typer.Option(help="Only of this session.", show_default="all")]
_Metadata = Annotated[
    list[str] | None, typer.Option("--metadata", metavar="KEY=VALUE", help="May be given more than once.")
]


@tools.command(
    rich_help_panel=_PANEL,
    epilog=examples(
        "sensorium remember 'The deploy key expires on 1 March' --tag ops",
        "sensorium remember 'as seen on the phone' --file shot.png --file talk.m4a",
        "git log -1 | sensorium remember - --title 'last commit' --namespace api",
        "sensorium remember 'It expires on 1 June' --replaces m1cfccccb29e870d89283",
    ),
)
def remember(
    text: Annotated[str, typer.Argument(help="The note; - reads it from standard input.")] = "",
    *,
    file: Annotated[
        list[Path] | None, typer.Option("--file", "-f", help="What belongs to it; may be given more than once.")
    ] = None,
    title: Annotated[str, typer.Option(help="What it is headed with.")] = "",
    tag: _Tags = None,
    namespace: Annotated[str, typer.Option(help="Project it belongs to.")] = DEFAULT_NAMESPACE,
    session: Annotated[str, typer.Option(help="Session it belongs to.")] = "",
    metadata: _Metadata = None,
    when: Annotated[str, typer.Option(help="When it happened, such as 2026-03-01T09:30.", show_default="now")] = "",
    expires: Annotated[str, typer.Option(help="When to forget it: 2027-01-31 or 30d.", show_default="never")] = "",
    replaces: Annotated[str, typer.Option(metavar="ID", help="The memory of which this is a newer version.")] = "",
    as_json: AsJson = False,
) -> None:
    """Keep a note, files, or both as one memory."""
    from server.calling import run_tool  # noqa: PLC0415  # loads the MCP SDK

    given = {
        "text": sys.stdin.read() if text == "-" else text,
        "files": [str(path.absolute()) for path in file or ()],
        "title": title,
        "tags": tag,
        "namespace": namespace,
        "session": session,
        "metadata": _pairs(metadata),
        "when": when,
        "expires": expires,
        "replaces": replaces,
    }
    sys.exit(run_tool(settings(), "remember", given, as_json=as_json))


@tools.command(
    rich_help_panel=_PANEL,
    epilog=examples(
        "sensorium recall 'when does the deploy key expire?'",
        "sensorium recall --like shot.png --modality image --since 30d",
        "sensorium recall --id m1cfccccb29e870d89283  # opened whole",
        "sensorium recall invoices --tag 2026 --json | jq -r '.hits[].id'",
    ),
)
def recall(
    query: Annotated[str, typer.Argument(help="What to look for, in plain words.", show_default="the newest")] = "",
    *,
    like: Annotated[
        list[str] | None, typer.Option(help="A file or an id to find the like of; may be given more than once.")
    ] = None,
    unlike: Annotated[list[str] | None, typer.Option(help="What to stay away from, likewise.")] = None,
    id_: Annotated[
        list[str] | None, typer.Option("--id", help="Open this memory whole, or a piece of it: m…#3.")
    ] = None,
    modality: _Kinds = None,
    tag: _Tags = None,
    since: _Since = "",
    until: _Until = "",
    namespace: _Namespace = "",
    session: _Session = "",
    metadata: _Metadata = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Memories at most.")] = 5,
    max_tokens: Annotated[int, typer.Option(min=200, max=20000, help="How long the answer may be.")] = 2000,
    min_score: Annotated[float, typer.Option(min=0, max=1, help="Nothing less likely than this.")] = 0.0,
    mode: Annotated[Mode, typer.Option(help="By meaning and words, or by one of them.")] = Mode.HYBRID,
    as_json: AsJson = False,
) -> None:
    """Search by words, by example or both; open by id; with neither, list the newest."""
    from server.calling import run_tool  # noqa: PLC0415  # as above

    given = {
        "query": query,
        "like": list(map(_example, like or ())),
        "unlike": list(map(_example, unlike or ())),
        "ids": id_,
        "modalities": modality,
        "tags": tag,
        "since": since,
        "until": until,
        "namespace": namespace,
        "session": session,
        "metadata": _pairs(metadata),
        "limit": limit,
        "max_tokens": max_tokens,
        "min_score": min_score,
        "mode": mode.value,
        "media": "none",
    }
    sys.exit(run_tool(settings(), "recall", given, as_json=as_json))


@tools.command(
    rich_help_panel=_PANEL,
    epilog=examples(
        "sensorium forget m1cfccccb29e870d89283",
        "sensorium forget --namespace trial  # shows what would go, and asks",
        "sensorium forget --tag scratch --until 2026-01-31 --yes",
    ),
)
def forget(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Memories to erase, at once.")] = None,
    *,
    query: Annotated[str, typer.Option(help="Those in which every one of these words stands.")] = "",
    tag: _Tags = None,
    since: _Since = "",
    until: _Until = "",
    namespace: _Namespace = "",
    session: _Session = "",
    modality: _Kinds = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Erase what the filters choose without asking.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase memories for good: by id, or what filters choose after a look at it."""
    from server.calling import run_forget  # noqa: PLC0415  # as above

    given = {
        "ids": ids,
        "query": query,
        "tags": tag,
        "since": since,
        "until": until,
        "namespace": namespace,
        "session": session,
        "modalities": modality,
    }
    sys.exit(run_forget(settings(), given, is_sure=yes, as_json=as_json))


def _pairs(given: list[str] | None) -> dict[str, str]:
    pairs = [one.partition("=") for one in given or ()]
    if bare := [key for key, sign, _ in pairs if not sign]:
        raise typer.BadParameter(f"write --metadata KEY=VALUE, not {bare[0]!r}")
    return {key: value for key, _, value in pairs}


def _example(given: str) -> str:
    """A file by its full path, as the server runs elsewhere; anything else as it is."""
    path = Path(given)
    return str(path.absolute()) if path.exists() else given
