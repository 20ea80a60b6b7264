"""A drawing surface twice as fine as the picture it becomes, so that every edge is smooth."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

FINENESS = 2
Face = Literal["text", "medium", "bold", "mono"]
Box = tuple[float, float, float, float]
FONTS: dict[Face, Path] = {
    "text": Path("/usr/share/fonts/opentype/inter/Inter-Regular.otf"),
    "medium": Path("/usr/share/fonts/opentype/inter/Inter-Medium.otf"),
    "bold": Path("/usr/share/fonts/opentype/inter/Inter-SemiBold.otf"),
    "mono": Path("/usr/share/fonts/truetype/jetbrains-mono/JetBrainsMono-Regular.ttf"),
}
"""Inter and JetBrains Mono, SIL Open Font License: Debian's fonts-inter and fonts-jetbrains-mono."""


class Canvas:
    """Draws in the pixels of the finished picture: x to the right, y downwards, from the top left.

    Args:
        fonts: files of the faces; without them all words are in the one face that Pillow brings along.
    """

    def __init__(self, width: int, height: int, ground: str, fonts: Mapping[Face, Path] | None = None) -> None:
        self._size = (width, height)
        self._fonts = fonts
        self._image = Image.new("RGB", (width * FINENESS, height * FINENESS), ground)
        self._draw = ImageDraw.Draw(self._image)

    def box(self, box: Box, fill: str, *, radius: float = 0, outline: str | None = None) -> None:
        """A filled rectangle, with round corners and a hairline border where asked for."""
        corners = [value * FINENESS for value in box]
        self._draw.rounded_rectangle(corners, radius * FINENESS, fill, outline, width=FINENESS)

    def dot(self, x: float, y: float, radius: float, fill: str) -> None:
        """A disc around (x, y)."""
        box = [(x - radius), (y - radius), (x + radius), (y + radius)]
        self._draw.ellipse([value * FINENESS for value in box], fill)

    def line(self, points: list[tuple[float, float]], fill: str, *, width: float = 1) -> None:
        """A line through the points."""
        scaled = [(x * FINENESS, y * FINENESS) for x, y in points]
        self._draw.line(scaled, fill, round(width * FINENESS), joint="curve")

    def text(
        self,
        x: float,
        y: float,
        words: str,
        fill: str,
        *,
        size: float = 13,
        face: Face = "text",
        anchor: str = "lm",
    ) -> float:
        """One line of words, by default centred on y and starting at x; returns its width."""
        font = self._font(face, size * FINENESS)
        self._draw.text((x * FINENESS, y * FINENESS), words, fill, font, anchor)
        return font.getlength(words) / FINENESS

    def finished(self) -> Image.Image:
        """The picture in its own size."""
        return self._image.resize(self._size, Image.Resampling.LANCZOS)

    def _font(self, face: Face, size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        if self._fonts is None:
            return ImageFont.load_default(size)
        return ImageFont.truetype(self._fonts[face], size, layout_engine=ImageFont.Layout.BASIC)
