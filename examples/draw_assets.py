"""Draws the example files again, and speaks the voice note where Flite is installed.

Run it with the project's environment: `.venv/bin/python examples/draw_assets.py`. It needs the
fonts named in `drawing/canvas.py`. The pictures and the PDF come out the same each time.
"""

from pathlib import Path

from drawing import paper, photo, screenshot, voice

ASSETS = Path(__file__).parent / "assets"


def main() -> None:
    """Write every drawn file into `assets/`."""
    screenshot.draw(ASSETS / "shot-01.png")
    photo.draw(ASSETS / "photo-01.jpg")
    paper.draw(ASSETS / "paper-01.pdf")
    if voice.can_speak():
        voice.speak(ASSETS / "voice-01.ogg")
    else:
        print("voice-01.ogg left as it is: apt install flite to speak it again")


if __name__ == "__main__":
    main()
