"""What lies in the store that most tests look at: notes about three subjects, a picture, a film, a PDF, a recording."""

from itertools import chain, repeat

from browser.serving import Served
from media.drawing import pdf, saved, scene, tone, wav
from media.filming import film, slide

PICTURE = saved(scene(7))
SLIDES = [slide("harbour", "#dde8f5"), slide("lighthouse", "#ffe9c4")]
SLIDE_S, FPS = 22, 4
"""Longer than a span of a film may be, so that the second slide is a span of its own."""
PAGES = [
    "The lease begins in March, for two years.",
    "The rent is paid on the third of each month.",
    "The keys of the boathouse lie with the neighbour.",
]
NOTES = {
    "Kiln": [
        "bisque the kiln slowly",
        "glaze the kiln shelves",
        "the kiln fires glaze at 1240",
        "kiln glaze test tiles",
    ],
    "Bread": [
        "rye dough rests overnight",
        "rye bread dough with caraway",
        "rye dough in a hot oven",
        "feed the rye dough",
    ],
    "Sailing": [
        "reef the mainsail early",
        "mainsail and jib in the loft",
        "mainsail batten broke",
        "a mainsail to mend",
    ],
}


def fill(served: Served) -> None:
    """Remember all of it; notes a month apart by subject, a day apart within it."""
    for month, (subject, notes) in enumerate(NOTES.items(), 8):
        for day, note in enumerate(notes, 1):
            when = f"2026-{month:02}-{day:02}T12:00:00Z"
            served.remember(f"{subject}: {note}", tags=[subject.lower()], when=when, namespace="notebook")
    seconds = chain.from_iterable(repeat(one, SLIDE_S * FPS) for one in SLIDES)
    served.remember(files={"talk.mp4": film("mp4", seconds, fps=FPS)}, title="A talk at the pier")
    served.remember(files={"lease.pdf": pdf(PAGES)}, title="The lease")
    served.remember("Shapes on a wall", files={"shapes.png": PICTURE}, tags=["art"])
    served.remember(files={"tone.wav": wav(tone(3))}, title="A tuning fork")
