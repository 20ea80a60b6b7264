from pathlib import Path

import pytest
from media.office import epub, saved_as, texts

from memory.errors import UndecodableError
from memory.media.documents import epub as books

CHAPTERS = ["<h1>1</h1><p>The ferry&nbsp;was late.</p><script>x()</script>", "<h2>Home</h2><p>Rain<br/>again</p>"]


def test_chapters_come_in_order_under_the_titles_of_the_table_of_contents(tmp_path: Path) -> None:
    chunk = books.step(saved_as(tmp_path, epub(CHAPTERS), "epub"), {})
    assert texts(chunk.pieces) == ["The Ferry\nby Ana Reis\n\n1\n\nThe ferry was late.", "Home\n\nRain\n\nagain"]
    assert [piece.anchor.heading for piece in chunk.pieces] == ["Arrival", "Home"]
    assert [piece.anchor.start for piece in chunk.pieces] == [1, 2]


def test_a_book_protected_against_copying_is_refused(tmp_path: Path) -> None:
    locked = (
        '<encryption><EncryptedData><EncryptionMethod Algorithm="aes"/><CipherData>'
        '<CipherReference URI="OEBPS/text/c0.xhtml"/></CipherData></EncryptedData></encryption>'
    )
    with pytest.raises(UndecodableError, match="DRM"):
        books.step(saved_as(tmp_path, epub(CHAPTERS, locked), "epub"), {})


def test_a_missing_chapter_is_a_warning(tmp_path: Path) -> None:
    data = epub(CHAPTERS).replace(b"OEBPS/text/c1.xhtml", b"OEBPS/text/cX.xhtml")
    chunk = books.step(saved_as(tmp_path, data, "epub"), {})
    assert len(chunk.pieces) == 1
    assert "1 of its chapters" in chunk.warnings[0]


def test_a_book_without_chapters_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UndecodableError, match="no chapters"):
        books.step(saved_as(tmp_path, epub([]), "epub"), {})
