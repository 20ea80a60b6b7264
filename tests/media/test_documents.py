import pytest
from media.drawing import LOCKED_WITH, page, pdf

from memory.errors import TooLargeError, UndecodableError
from memory.media import documents

TWO_PAGES = pdf(["The boiler was serviced in May.", "The lease ends in October."])


def test_pages_come_in_order_with_their_own_text() -> None:
    assert documents.pages(TWO_PAGES) == ["The boiler was serviced in May.", "The lease ends in October."]


def test_a_scanned_page_has_no_text() -> None:
    assert documents.pages(pdf([page(["Only a picture"])])) == [""]


@pytest.mark.parametrize(
    "data",
    [b"", b"%PDF-", b"%PDF-1.7\n" + bytes(range(256)) * 20, b"garbage", TWO_PAGES[:200]],
    ids=["empty", "header", "noise", "no pdf", "cut"],
)
def test_a_damaged_pdf_is_refused_with_what_to_do(data: bytes) -> None:
    with pytest.raises(UndecodableError, match="save or export it again"):
        documents.pages(data)


def test_a_locked_pdf_is_refused_with_what_to_do() -> None:
    with pytest.raises(UndecodableError, match="save a copy without one"):
        documents.pages(pdf(["secret"], password=LOCKED_WITH))


def test_a_pdf_of_too_many_pages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_PAGES", 1)
    with pytest.raises(TooLargeError, match="2 pages"):
        documents.pages(TWO_PAGES)


def test_a_page_is_drawn_as_large_as_asked() -> None:
    assert max(documents.render(TWO_PAGES, 2, 768).size) == pytest.approx(768, abs=1)


@pytest.mark.parametrize("number", [0, 3, -1])
def test_a_page_that_does_not_exist_is_not_drawn(number: int) -> None:
    with pytest.raises(UndecodableError, match="2 pages"):
        documents.render(TWO_PAGES, number, 768)
