"""Windows of an invented bug hunt, drawn with the face that Pillow brings along: an editor, a terminal, a dashboard."""

from collections.abc import Sequence
from pathlib import Path

from drawing.canvas import Canvas

WIDTH, HEIGHT, BAR = 960, 480, 36


def editor(target: Path, name: str, lines: Sequence[str], *, broken: int, says: str) -> None:
    """Source with numbered lines, one of them marked, and what is wrong with it in a panel below."""
    canvas = _window(name, "#fbfbfd", "#e8eaf0", "#394253")
    canvas.box((0, HEIGHT - 70, WIDTH, HEIGHT), "#fdecec")
    canvas.text(24, HEIGHT - 35, says, "#b42323", size=20)
    for number, line in enumerate(lines, 1):
        y = BAR + 24 + (number - 1) * 32
        if number == broken:
            canvas.box((0, y - 15, WIDTH, y + 15), "#fde2e2")
        canvas.text(44, y, str(number), "#9aa3b4", size=16, anchor="rm")
        _indented(canvas, y, line, "#1d2433")
    canvas.finished().save(target)


def terminal(target: Path, name: str, lines: Sequence[str]) -> None:
    """Output on a dark ground; lines that begin with E or FAILED are red."""
    canvas = _window(name, "#141924", "#242c3b", "#c3cad8")
    for row, line in enumerate(lines):
        _indented(canvas, BAR + 28 + row * 34, line, "#ff8686" if line.startswith(("E ", "FAILED")) else "#d5dbe6")
    canvas.finished().save(target)


def dashboard(target: Path, name: str, figures: dict[str, str], curve: Sequence[float]) -> None:
    """Figures in a row of cards, and one curve from 0 to 1 below them."""
    canvas = _window(name, "#f3f5f9", "#ffffff", "#394253")
    across = (WIDTH - 24) / len(figures)
    for column, (title, figure) in enumerate(figures.items()):
        left = 24 + column * across
        canvas.box((left, 60, left + across - 24, 160), "#ffffff", radius=10, outline="#dfe3ea")
        canvas.text(left + 18, 88, title, "#5b6577", size=17)
        canvas.text(left + 18, 128, figure, "#1d2433", size=30)
    canvas.box((24, 184, WIDTH - 24, HEIGHT - 24), "#ffffff", radius=10, outline="#dfe3ea")
    step = (WIDTH - 96) / (len(curve) - 1)
    points = [(48 + step * at, HEIGHT - 48 - value * 220) for at, value in enumerate(curve)]
    canvas.line(points, "#d43b3b", width=3)
    canvas.finished().save(target)


def _window(name: str, ground: str, bar: str, ink: str) -> Canvas:
    canvas = Canvas(WIDTH, HEIGHT, ground)
    canvas.box((0, 0, WIDTH, BAR), bar)
    for x, colour in ((20, "#d43b3b"), (40, "#f0c36a"), (60, "#2c9a5f")):
        canvas.dot(x, BAR / 2, 6, colour)
    canvas.text(WIDTH / 2, BAR / 2, name, ink, size=17, anchor="mm")
    return canvas


def _indented(canvas: Canvas, y: float, line: str, ink: str) -> None:
    words = line.lstrip()
    canvas.text(64 + (len(line) - len(words)) * 9, y, words, ink, size=19)
