"""Recommendations from likes: films that are like those one liked, unlike those one did not, and not seen yet.

Nothing is trained and no rating is stored: `like` and `unlike` take the ids of memories, and a tag says what was seen.

Run it: `python examples/likes.py`. It needs nothing but the project's environment.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
from session import session

SEEN = {
    "Low Orbit": "Two astronauts repair a failing space station while the debris of a satellite comes closer.",
    "The Ninth Moon": "A crew on its way to Saturn finds that the ship's computer keeps a secret about their mission.",
    "Wedding at Noon": "A florist falls in love with the best man of a wedding, and lies about her name.",
    "Four Summers": "Childhood sweethearts meet again each summer by the sea, always engaged to somebody else.",
}
UNSEEN = {
    "Signal from Europa": "A probe under the ice of Jupiter's moon sends a message that its astronauts cannot explain.",
    "Dust of Mars": "The last engineer of a colony on Mars has to bring a wrecked lander back into orbit alone.",
    "Airlock": "A mutiny on a cargo spaceship: the pilot is locked outside, with air for two hours.",
    "A Ring for Clara": "Clara's fiancé loses the engagement ring, and falls for the jeweller who makes another.",
    "Love, Return to Sender": "A postwoman reads a love letter that was never delivered, and goes to find the couple.",
    "Bread and Salt": "A documentary about three bakers in Georgia who bake in clay ovens as their mothers did.",
    "The Long Ledger": "An auditor in Chicago uncovers forged accounts, and her own bank hunts her for it.",
    "Herd": "A year with a shepherd and his dogs in the Pyrenees, without a word of dialogue.",
}
FLIGHTS, ROMANCES = ("Low Orbit", "The Ninth Moon"), ("Wedding at Noon", "Four Summers")
MORE_FLIGHTS = {"Signal from Europa", "Dust of Mars", "Airlock"}
MORE_ROMANCES = {"A Ring for Clara", "Love, Return to Sender"}


async def main() -> None:
    """Remember the films, then recommend to two people of opposite tastes."""
    with TemporaryDirectory() as home:
        async with session(Path(home)) as memory:
            ids: dict[str, str] = {}
            for tag, films in (("seen", SEEN), ("unseen", UNSEEN)):
                for title, story in films.items():
                    ids[title] = (await memory.remember(story, title=title, tags=[tag])).id

            for liked, disliked, expected in (
                (FLIGHTS, ROMANCES, MORE_FLIGHTS),
                (ROMANCES, FLIGHTS, MORE_ROMANCES),
            ):
                like, unlike = [ids[title] for title in liked], [ids[title] for title in disliked]
                found = await memory.recall(like=like, unlike=unlike, tags=["unseen"], limit=len(expected))
                print(f"You liked {' and '.join(liked)}, and not {' or '.join(disliked)}. Next, you might see:")
                for place, film in enumerate(found, 1):
                    print(f"  {place}. {film.title}: {film.passage}")
                titles = {film.title for film in found}
                assert titles == expected, f"{expected} were expected, not {titles}"


if __name__ == "__main__":
    anyio.run(main)
