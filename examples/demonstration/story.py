"""What the demo remembers, what it asks afterwards, and what must come back first."""

import base64
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
ASSETS = Path("examples", "assets")

NOTE = (
    "Decision of 12 May: invoices are kept for ten years, as PDF/A in the Frankfurt bucket, because the "
    "auditor asked for it. Priya owns the move; the old archive is switched off at the end of August."
)
CAPTION = "Last evening of the hike: the jetty at dusk, with the peaks mirrored in the lake."


@dataclass(frozen=True, slots=True, kw_only=True)
class Keepsake:
    """One thing to remember: what it is to a person, and the words or file given."""

    what: str
    text: str = ""
    file: str = ""

    @property
    def arguments(self) -> dict[str, object]:
        """The arguments of `remember`."""
        given: dict[str, object] = {"text": self.text} if self.text else {}
        return given | ({"files": [(ASSETS / self.file).as_posix()]} if self.file else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One recall, and the keepsake that must come back first.

    Attributes:
        anchor: where in it the answer stands, if that must hold too.
        remark: what is special about this question.
    """

    expects: str
    query: str = ""
    like: str = field(default="", repr=False)
    anchor: str = ""
    remark: str = ""

    @property
    def title(self) -> str:
        """The question as shown."""
        return self.query or "a picture like this one?"

    @property
    def arguments(self) -> dict[str, object]:
        """The arguments of `recall`: few tokens, and no pictures so that the facts come structured."""
        given: dict[str, object] = {"query": self.query} if self.query else {"like": self.like}
        return given | {"limit": 3, "max_tokens": 450, "media": "none"}


KEEPSAKES = (
    Keepsake(what="note", text=NOTE),
    Keepsake(what="screenshot", file="shot-01.png"),
    Keepsake(what="photo", text=CAPTION, file="photo-01.jpg"),
    Keepsake(what="voice note", file="voice-01.ogg"),
    Keepsake(what="PDF", file="paper-01.pdf"),
    Keepsake(what="source file", file="source-01.py"),
)
PHOTO = Question(expects="photo", query="sunset over calm water and a wooden pier")
VOICE = Question(expects="voice note", query="what day does the plumber visit to repair our radiators?")


def questions() -> tuple[Question, ...]:
    """Everything asked in the second session."""
    return (
        Question(expects="note", query="how long must bills be stored, and who is in charge of that?"),
        Question(expects="screenshot", query="which service crashed because of too many database connections?"),
        PHOTO,
        VOICE,
        Question(
            expects="PDF",
            query="how much money for a bike stolen at the station?",
            anchor="page 2",
        ),
        Question(expects="source file", query="hold back callers that send too many requests"),
        Question(
            expects="note",
            query="Combien de temps garde-t-on les factures en archive ?",
            remark="asked in French",
        ),
        Question(
            expects="screenshot",
            like=_smaller_copy("shot-01.png"),
            remark="by example: the picture at half size, as a JPEG",
        ),
    )


def recording() -> bytes:
    """The bytes of the voice note, to be looked for on disk."""
    return (ROOT / ASSETS / "voice-01.ogg").read_bytes()


def _smaller_copy(name: str) -> str:
    """A picture resized and encoded anew, as a `data:` URI."""
    copy = BytesIO()
    with Image.open(ROOT / ASSETS / name) as picture:
        half = picture.convert("RGB").resize((picture.width // 2, picture.height // 2))
    half.save(copy, "JPEG", quality=60)
    return "data:image/jpeg;base64," + base64.b64encode(copy.getvalue()).decode()
