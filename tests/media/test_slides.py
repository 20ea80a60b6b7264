from pathlib import Path

import pytest
from media.drawing import page, saved
from media.office import DeafOcr, pptx, saved_as, shape, texts

from memory.errors import UndecodableError
from memory.media.documents import slides
from memory.media.pictures.ocr import Ocr


def test_a_slide_is_read_title_first_then_downwards_and_its_notes_last(tmp_path: Path) -> None:
    slide = shape("Below", top=5) + shape("Above", top=1) + shape("Plan", "title", top=9)
    chunk = slides.step(saved_as(tmp_path, pptx([slide], "Say hello"), "pptx"), {}, ocr=DeafOcr())
    assert texts(chunk.pieces) == ["Plan\n\nAbove\n\nBelow\n\nNotes: Say hello"]
    assert (chunk.pieces[0].anchor.unit, chunk.pieces[0].anchor.heading) == ("slide", "Plan")


def test_groups_tables_and_alternative_texts_are_read(tmp_path: Path) -> None:
    cells = "".join(f"<a:tc><a:p><a:t>{text}</a:t></a:p></a:tc>" for text in ("Rent", "900"))
    group = f"<p:grpSp>{shape('Grouped')}</p:grpSp>"
    table = f"<p:graphicFrame><a:tbl><a:tr>{cells}</a:tr></a:tbl></p:graphicFrame>"
    drawn = '<p:pic><p:cNvPr descr="A bridge at dusk"/></p:pic>'
    chunk = slides.step(saved_as(tmp_path, pptx([group + table + drawn]), "pptx"), {}, ocr=DeafOcr())
    assert texts(chunk.pieces) == ["Grouped\n\nRent | 900\n\nA bridge at dusk"]


def test_words_in_a_slides_picture_follow_its_text(tmp_path: Path) -> None:
    shown = '<p:pic><a:blip r:embed="a.png"/></p:pic>'
    data = pptx([shape("Plan", "title") + shown, shape("Next")], media={"a.png": saved(page(["Gauge 42 bar"]))})
    file = saved_as(tmp_path, data, "pptx")
    first = slides.step(file, {}, ocr=Ocr())
    assert texts(first.pieces)[:2] == ["Plan", "Gauge 42 bar"]
    assert first.pieces[1].anchor.offset == len("Plan\n\n")


def test_a_presentation_without_slides_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UndecodableError, match="no slides"):
        slides.step(saved_as(tmp_path, pptx([]), "pptx"), {}, ocr=DeafOcr())


def test_a_damaged_slide_is_a_warning(tmp_path: Path) -> None:
    whole = pptx([shape("Plan", "title"), shape("Gone")])
    file = saved_as(tmp_path, whole.replace(b"ppt/slides/slide1.xml", b"ppt/slides/slideX.xml"), "pptx")
    chunk = slides.step(file, {}, ocr=DeafOcr())
    assert texts(chunk.pieces) == ["Plan"]
    assert "1 of its slides" in chunk.warnings[0]
