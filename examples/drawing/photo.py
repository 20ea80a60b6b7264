"""A mountain lake at dusk, computed: sky, ridges behind ridges, their reflection, a jetty, grain."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageDraw, ImageFilter

Field = NDArray[np.float64]
"""Rows x columns, mostly 0 to 1; a scene has a third axis of red, green, blue from 0 to 255."""

Colour = tuple[float, float, float]

WIDTH, HEIGHT, SHORE = 1200, 800, 440
TAKEN, TAKEN_OFFSET = "2025:09:06 20:14:37", "+02:00"
SKY: tuple[tuple[float, Colour], ...] = (
    (0.00, (44, 56, 104)),
    (0.30, (98, 92, 146)),
    (0.55, (196, 128, 142)),
    (0.80, (247, 178, 124)),
    (1.00, (255, 222, 160)),
)
"""Colours down the sky, each at its share of the height."""
RIDGES: tuple[tuple[int, int, int, Colour], ...] = (
    (285, 250, 5, (150, 116, 142)),
    (340, 170, 6, (108, 88, 122)),
    (388, 110, 7, (66, 60, 92)),
    (430, 40, 6, (26, 30, 50)),
)
"""Far to near: mean height in pixels from the top, relief, bumps across the picture, colour."""


def draw(target: Path) -> None:
    """Write the photo as a JPEG whose EXIF says when it was taken and how the camera was held."""
    chance = np.random.default_rng(20250906)
    scene = _with_lake(_with_ridges(_sky(chance), chance), chance)
    picture = _developed(_with_jetty(scene), chance)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.DateTime] = TAKEN
    shot = exif.get_ifd(ExifTags.IFD.Exif)
    shot[ExifTags.Base.DateTimeOriginal] = TAKEN
    shot[ExifTags.Base.OffsetTimeOriginal] = TAKEN_OFFSET
    picture.transpose(Image.Transpose.ROTATE_90).save(target, quality=82, optimize=True, exif=exif)


def _noise(chance: np.random.Generator, rows: int, columns: int, height: int, width: int) -> Field:
    """Five octaves of smooth noise around 0.5, the coarsest of rows x columns bumps."""
    total = np.zeros((height, width))
    for octave in range(5):
        grid = chance.random((rows * (1 << octave) + 1, columns * (1 << octave) + 1)).astype(np.float32)
        smooth = Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC)
        total += np.asarray(smooth, dtype=np.float64) / (1 << octave)
    return total / total.mean() / 2


def _crest(chance: np.random.Generator, bumps: int) -> Field:
    """A ridge's line around 0, rough as rock is: straight slopes between points, nine octaves."""
    columns, line = np.linspace(0, 1, WIDTH), np.zeros(WIDTH)
    for octave in range(9):
        points = bumps * (1 << octave) + 1
        line += np.interp(columns, np.linspace(0, 1, points), chance.random(points) - 0.5) * 0.52 ** float(octave)
    return line


def _blend(under: Field, over: Colour | Field, share: Field) -> Field:
    return under + (np.asarray(over) - under) * np.clip(share, 0, 1)[..., None]


def _sky(chance: np.random.Generator) -> Field:
    down = np.linspace(0, 1, SHORE)
    stops, colours = [stop for stop, _ in SKY], np.array([colour for _, colour in SKY])
    bands = np.stack([np.interp(down, stops, colours[:, channel]) for channel in range(3)], axis=-1)
    scene = np.repeat(bands[:, None, :], WIDTH, axis=1)
    rows, columns = np.mgrid[0:SHORE, 0:WIDTH]
    far = np.hypot((columns - 770) / 520, (rows - 350) / 230)
    scene = _blend(scene, (255, 236, 190), 0.75 * np.exp(-(far**2) * 2.2))
    clouds = _noise(chance, 9, 3, SHORE, WIDTH)
    veil = np.clip((clouds - 0.50) * 4.5, 0, 1) * np.interp(down, (0, 0.25, 0.7, 1), (0.5, 0.9, 0.7, 0.1))[:, None]
    lit = _blend(np.full_like(scene, (112, 92, 132)), (255, 170, 132), np.clip(down * 1.5, 0, 1)[:, None] + 0 * veil)
    return _blend(scene, lit, veil * 0.75)


def _with_ridges(scene: Field, chance: np.random.Generator) -> Field:
    rows = np.arange(SHORE)[:, None]
    for number, (top, relief, bumps, colour) in enumerate(RIDGES):
        line = top - _crest(chance, bumps) * relief
        if number == len(RIDGES) - 1:
            line = line - _firs(chance)
        depth = np.clip((rows - line) / 1.6, 0, 1)
        haze = np.clip((rows - top + relief / 4) / relief, 0, 1) * (0.62 - 0.16 * number)
        scene = _blend(scene, _blend(np.full_like(scene, colour), (236, 176, 150), haze), depth)
    return scene


def _firs(chance: np.random.Generator) -> Field:
    """How far tree tops stand above the nearest ridge, a pixel column each."""
    columns, tops = np.arange(WIDTH), np.zeros(WIDTH)
    for _ in range(420):
        middle, height = chance.uniform(0, WIDTH), chance.uniform(5, 24)
        tops = np.maximum(tops, height - np.abs(columns - middle) * chance.uniform(2.6, 4.2))
    return tops


def _with_lake(land: Field, chance: np.random.Generator) -> Field:
    deep = HEIGHT - SHORE
    rows, columns = np.mgrid[0:deep, 0:WIDTH]
    near = rows / deep
    ripple = _noise(chance, 60, 4, deep, WIDTH) - 0.5
    up = np.clip(SHORE - 2 - rows * (0.86 + 0.3 * near) + ripple * 46 * near, 0, SHORE - 1).astype(int)
    aside = np.clip(columns + ripple * 30 * near, 0, WIDTH - 1).astype(int)
    water = _blend(land[up, aside] * 0.84, (34, 44, 84), 0.10 + 0.42 * near)
    glint = np.clip((ripple - 0.10) * 5, 0, 1) * np.exp(-(((columns - 770) / (70 + 230 * near)) ** 2))
    water = _blend(water, (255, 214, 160), glint * (0.75 - 0.4 * near))
    shore = np.exp(-rows / 2.5)
    return np.concatenate([land, _blend(water, (20, 22, 38), 0.8 * shore)])


def _with_jetty(scene: Field) -> Field:
    """Planks from the lower left corner out on to the water, on posts, with their reflection."""
    fine = 3
    mask = Image.new("RGBA", (WIDTH * fine, HEIGHT * fine), (0, 0, 0, 0))
    pen = ImageDraw.Draw(mask)
    deck = [_plank(side, near) for side, near in ((0, 1.06), (1, 1.06), (1, 0.12), (0, 0.12))]
    pen.polygon([(x * fine, y * fine) for x, y in deck], (22, 20, 34, 255))
    for step in range(46):
        near = 1 / (1 + step * 0.16)
        far = 1 / (1 + (step + 0.9) * 0.16)
        quad = [(_plank(side, depth)) for side, depth in ((0, near), (1, near), (1, far), (0, far))]
        shade = 46 + (step * 37 % 11) + round(26 * (1 - near))
        pen.polygon([(x * fine, y * fine) for x, y in quad], (shade + 12, shade, shade + 8, 255))
    for step in (2, 7, 14, 24, 38):
        for side in (0, 1):
            _post(pen, side, 1 / (1 + step * 0.16), fine)
    small = mask.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    layer = np.asarray(small, dtype=np.float64)
    return _blend(scene, layer[..., :3], layer[..., 3] / 255)


def _plank(side: float, near: float) -> tuple[float, float]:
    """Where a point of the jetty lies: side 0 left to 1 right, near 1 at our feet to 0 far away."""
    return (560 - 640 * near + side * 560 * near, SHORE + 10 + 420 * near)


def _post(pen: ImageDraw.ImageDraw, side: float, near: float, fine: int) -> None:
    x, y = _plank(side, near)
    wide, tall = 15 * near, 74 * near
    pen.rectangle([v * fine for v in (x - wide, y, x + wide, y + 64 * near)], (24, 24, 40, 120))
    pen.rectangle([v * fine for v in (x - wide, y - tall, x + wide, y + 12 * near)], (34, 30, 44, 255))
    pen.ellipse([v * fine for v in (x - wide, y - tall - 5 * near, x + wide, y - tall + 5 * near)], (120, 92, 92, 255))


def _developed(scene: Field, chance: np.random.Generator) -> Image.Image:
    """Vignette, a little blur as of a lens, and grain."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    off = np.hypot((columns - WIDTH / 2) / WIDTH, (rows - HEIGHT / 2) / HEIGHT)
    toned = scene * (1 - 0.75 * off**2.4)[..., None]
    sharp = Image.fromarray(np.clip(toned, 0, 255).astype(np.uint8))
    soft = np.asarray(sharp.filter(ImageFilter.GaussianBlur(0.7)), dtype=np.float64)
    grain = chance.normal(0, 2.6, (HEIGHT, WIDTH, 1))
    return Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8))
