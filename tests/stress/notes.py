"""What the harness remembers: notes that say of themselves what must be there of them."""

from dataclasses import dataclass
from io import BytesIO
from random import Random

from PIL import Image

from memory.model import MediaPart, Segment, TextPart
from memory.requests import Remembrance
from memory.sources.spool import Spool

OWNER = "local"
_LETTERS = "bcdfghjklmnpqrtvwxz"  # no vowel: no stem is shorter than its word


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One memory to be.

    Attributes:
        word: a word that no other memory has.
        picture: what its picture is drawn from; empty where it has none.
        replaces: the word of the note it is the new version of; empty where it is none.
    """

    word: str
    picture: str = ""
    replaces: str = ""

    @property
    def text(self) -> str:
        """What it says."""
        return f"the note {self.word} says so"

    @property
    def facts(self) -> dict[str, str | int | float | bool]:
        """Its metadata: each of its rows tells by them what the note must look like.

        The older version's word stands there backwards: that one may be forgotten, and its word searched for.
        """
        return {"word": self.word, "picture": self.picture, "replaces": self.replaces[::-1]}

    @classmethod
    def of(cls, segment: Segment) -> "Note":
        """The note that a row is of."""
        word, picture, older = (str(segment.metadata.get(name, "")) for name in ("word", "picture", "replaces"))
        return cls(word=word, picture=picture, replaces=older[::-1])

    def request(self, spool: Spool, *, replaces: str = "", defers: bool = False) -> Remembrance:
        """What remembers it; `replaces` is the id of the older version."""
        text = TextPart(text=self.text)
        picture = [MediaPart(file=spool.add([drawn(self.picture)]), name="a.png")] if self.picture else []
        return Remembrance(owner=OWNER, parts=(text, *picture), metadata=self.facts, replaces=replaces, defers=defers)


def chance_of(*seed: object) -> Random:
    """What decides by chance, the same for the same seed."""
    return Random(" ".join(map(str, seed)))  # noqa: S311  # nothing here is a secret


def new_word(chance: Random) -> str:
    """A word that nobody has said."""
    return "".join(chance.choices(_LETTERS, k=16))


def drawn(name: str) -> bytes:
    """A small PNG that does not compress, the same for the same name."""
    file = BytesIO()
    noise(name, 24).save(file, "PNG")
    return file.getvalue()


def noise(name: str, side: int) -> Image.Image:
    """A square of pixels of any colours, the same for the same name."""
    return Image.frombytes("RGB", (side, side), chance_of(name).randbytes(side * side * 3))
