from pathlib import Path

import pytest
from media.drawing import page, scene
from PIL import Image, ImageDraw

from memory.media.pictures.ocr import Ocr

OCR = Ocr()


def test_each_line_of_the_text_stands_in_its_box() -> None:
    words = ["Apples and pears", "Plums", "A basket of quinces"]
    drawn = page(words)
    lines = OCR.read(drawn)
    assert [line.text for line in lines] == words
    assert OCR.text(drawn) == "\n".join(words)
    for line in lines:
        assert OCR.text(drawn.crop(line.box).resize((2 * (line.box[2] - line.box[0]), 2 * line.height))) == line.text


def test_words_side_by_side_are_one_line_with_one_box() -> None:
    drawn = Image.new("RGB", (900, 120), "white")
    draw = ImageDraw.Draw(drawn)
    draw.text((40, 40), "Total", fill="black", font_size=30)
    draw.text((420, 40), "199 euro", fill="black", font_size=30)
    (line,) = OCR.read(drawn)
    assert line.text == "Total 199 euro"
    left, top, right, bottom = line.box
    assert left < 60
    assert right > 500
    assert 20 < top < bottom < 100
    assert 0.5 <= line.confidence <= 1


def test_the_bands_of_a_tall_picture_lie_end_to_end_and_their_lines_within() -> None:
    drawn = page([f"Line number {number}" for number in range(40)], width=300)
    top, found = 0, 0
    while top < drawn.height:
        lines, bottom = OCR.read_band(drawn, top)
        assert top < bottom <= min(drawn.height, top + 1_600)
        assert all(top <= line.box[1] < line.box[3] <= bottom for line in lines)
        found += len(lines)
        top = bottom
    assert found == 40


def test_without_its_weights_nothing_is_read_and_the_reason_is_told(tmp_path: Path) -> None:
    blind = Ocr(tmp_path)
    assert blind.unavailable()
    assert blind.read(page(["Words"])) == ()
    assert blind.read_band(page(["Words"] * 60), 0) == ((), page(["Words"] * 60).height)


@pytest.mark.parametrize("size", [(1, 1), (900, 7), (4_000, 9), (9, 4_000)])
def test_a_sliver_holds_no_words(size: tuple[int, int]) -> None:
    assert OCR.text(scene(1).resize(size)) == ""
