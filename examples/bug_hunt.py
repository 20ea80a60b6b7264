"""Screenshots of a bug hunt: found again by words that stand only in the picture, and by what they look like.

Three screenshots are drawn and remembered with a sentence each. Later one is found by the words in it, its file is
taken back byte for byte, and a smaller copy of another finds the original.

Run it: `python examples/bug_hunt.py`. It needs nothing but the project's environment.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import indent

import anyio
from drawing import screens
from PIL import Image
from session import session

NOTES = {
    "shop.png": "Orders per minute, while customers were calling.",
    "tests.png": "The suite on my machine, before I touched anything.",
    "editor.png": "Where it breaks. Look at this one first tomorrow.",
}
QUESTION = "the screenshot with the KeyError in checkout"


def draw(folder: Path) -> None:
    """The three pictures of the hunt; their names and notes tell nothing of the error."""
    screens.dashboard(
        folder / "shop.png",
        "Shop health",
        {"Orders a minute": "3.1", "Errors": "41 %", "Latency": "212 ms"},
        [0.9, 0.92, 0.88, 0.93, 0.9, 0.3, 0.12, 0.1, 0.14, 0.09],
    )
    screens.terminal(
        folder / "tests.png",
        "pytest",
        [
            "$ pytest tests/test_checkout.py",
            "E  AssertionError: assert 19.8 == 19.79",
            "FAILED rounding of vat",
            "1 failed",
        ],
    )
    screens.editor(
        folder / "editor.png",
        "checkout.py",
        ["def checkout(basket):", "    customer = load(basket)", "    rate = RATES[customer.country]", "    pay(rate)"],
        broken=3,
        says="KeyError: 'LI'   checkout.py, line 3, in checkout",
    )


async def hunt(home: Path, folder: Path) -> None:
    """Remember the pictures, then look for them."""
    async with session(home, folder=folder) as memory:
        for name, note in NOTES.items():
            await memory.remember(note, files=[name])

        first = (await memory.recall(QUESTION))[0]
        print(f"{QUESTION!r} finds {first.source}, by {', '.join(first.why)}. It reads:")
        print(indent(first.passage, "  | "))
        assert first.source == "editor.png", f"the editor was expected first, not {first.source}"
        assert "KeyError" in first.passage, f"the error was not read: {first.passage!r}"

        picture = await memory.content(first.resource)
        assert picture == (folder / "editor.png").read_bytes(), "what came back is not the picture that was given"
        print(f"Its file comes back byte for byte: {len(picture):,} bytes.")

        alike = (await memory.recall(like=["phone.jpg"]))[0]
        print(f"The dashboard as a phone shows it, a small JPEG, finds {alike.source}, by {', '.join(alike.why)}.")
        assert alike.source == "shop.png", f"the dashboard was expected first, not {alike.source}"
        assert "looks" in alike.why, f"it was not found by its looks, but by {alike.why}"


def main() -> None:
    """Draw the pictures, and hunt."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary, "pictures")
        folder.mkdir()
        draw(folder)
        with Image.open(folder / "shop.png") as picture:
            picture.resize((480, 240)).convert("RGB").save(folder / "phone.jpg", quality=70)
        anyio.run(hunt, Path(temporary, "store"), folder)


if __name__ == "__main__":
    main()
