"""A diary of voice notes and lines: found by what was said, with the seconds, and by when it was.

The voice note of `assets/` is in it, and one more where Flite (`apt install flite`) can speak it now. English speech is
recognised on Linux x86_64; elsewhere the recordings are kept, and the example holds for the lines alone.

Run it: `python examples/voice_diary.py`. It needs nothing but the project's environment.
"""

from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
from drawing import voice
from session import Session, session

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LINES = {
    "Monday": "Ran along the river in the rain. Five kilometres, slower than I hoped.",
    "Tuesday": "Dinner with Jonas at the Vietnamese place. He got the job in Oslo and moves in spring.",
    "Wednesday": "Dinner at home with the neighbours. They brought their own chairs and a cheesecake.",
    "Sunday": "Ran along the river with Mia. Nine kilometres, and we saw the kingfisher.",
}
SPOKEN = "This morning we planted tomatoes and onions."
BY_DAY = (
    ("Who did I have dinner with last Tuesday?", "Jonas"),
    ("Who did I have dinner with last Wednesday?", "neighbours"),
    ("How far did I run last Monday?", "Five"),
    ("How far did I run last Sunday?", "Nine"),
)
BY_WORDS = (
    ("When will somebody come to mend our boiler?", "Thursday"),
    ("What is growing in the garden?", "tomatoes"),
)


def last(day: str) -> str:
    """Noon of the last such day before today, as ISO 8601."""
    today = datetime.now().astimezone()
    days = (today.weekday() - DAYS.index(day) - 1) % 7 + 1
    return (today.replace(hour=12, minute=0) - timedelta(days=days)).isoformat(timespec="minutes")


async def keep(diary: Session, recordings: list[str]) -> bool:
    """Remember each entry with its day; whether the speech of recordings is recognised here."""
    for day, line in LINES.items():
        await diary.remember(line, when=last(day))
    kept = [await diary.remember(files=[name], when=last("Friday")) for name in recordings]
    unread = [warning for one in kept for warning in one.warnings if "not read" in warning]
    for warning in unread:
        print(f"(what is said in the recordings is not found here: {warning})")
    return not unread


async def ask(diary: Session, question: str, expected: str) -> None:
    """Ask the diary, and check what comes first."""
    found = (await diary.recall(question, limit=2))[0]
    where = f", {found.modality} {found.anchor}" if found.anchor else ""
    print(f"{question}\n  {found.when[:10]}{where}: {found.passage}")
    assert expected in found.passage, f"{expected!r} was expected"
    assert found.modality == "text" or found.anchor.startswith("0:00-0:"), f"no seconds are told: {found.anchor!r}"


async def week(home: Path, folder: Path, recordings: list[str]) -> None:
    """Keep a week, then ask by days and by what was said."""
    async with session(home, folder=folder) as diary:
        is_heard = await keep(diary, recordings)
        for question, expected in BY_DAY:
            await ask(diary, question, expected)
        for _, (question, expected) in zip(recordings, BY_WORDS, strict=False):
            if is_heard:
                await ask(diary, question, expected)


def main() -> None:
    """Have the recordings ready, and keep the diary."""
    with TemporaryDirectory() as temporary:
        folder, recordings = Path(temporary, "recordings"), ["note-1.ogg"]
        folder.mkdir()
        (folder / "note-1.ogg").write_bytes((Path(__file__).parent / "assets" / "voice-01.ogg").read_bytes())
        if voice.can_speak():
            recordings.append("note-2.ogg")
            voice.speak(folder / "note-2.ogg", SPOKEN)
        anyio.run(week, Path(temporary, "store"), folder, recordings)


if __name__ == "__main__":
    main()
