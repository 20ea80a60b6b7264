from pathlib import Path

import pytest
from media.office import row, saved_as, texts, xlsx

from memory.errors import TooLargeError, UndecodableError
from memory.media.documents import sheets


def test_rows_come_by_sheet_with_their_real_numbers(tmp_path: Path) -> None:
    data = xlsx({"Costs": row(3, "Item", "Price") + row(5, "Rent", 900.5), "Empty": "", "People": row(1, "Ana")})
    chunk = sheets.step(saved_as(tmp_path, data, "xlsx"), {})
    assert texts(chunk.pieces) == ["Item | Price\nRent | 900.5", "Ana"]
    assert [(p.anchor.start, p.anchor.end, p.anchor.heading) for p in chunk.pieces] == [
        (3, 5, "Costs"),
        (1, 1, "People"),
    ]


def test_every_piece_begins_with_the_header(tmp_path: Path) -> None:
    rows = "".join(row(n, f"Customer number {n}", n) for n in range(2, 200))
    chunk = sheets.step(saved_as(tmp_path, xlsx({"All": row(1, "Name", "Id") + rows}), "xlsx"), {})
    assert len(chunk.pieces) > 3
    assert all(piece.text.startswith("Name | Id\n") for piece in chunk.pieces)
    assert [later.anchor.start for later in chunk.pieces[1:]] == [p.anchor.end + 1 for p in chunk.pieces[:-1]]


def test_a_long_sheet_is_read_in_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "_STEP_PIECES", 2)
    rows = "".join(row(n, f"Customer number {n}", n) for n in range(1, 201))
    file = saved_as(tmp_path, xlsx({"All": rows}), "xlsx")
    chunks = [sheets.step(file, {})]
    while chunks[-1].cursor is not None:
        chunks.append(sheets.step(file, chunks[-1].cursor))
    pieces = [piece for chunk in chunks for piece in chunk.pieces]
    assert len(chunks) > 2
    assert [p.anchor.start for p in pieces[1:]] == [p.anchor.end + 1 for p in pieces[:-1]]
    assert pieces[-1].anchor.end == 200


def test_rows_over_the_limit_are_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_ROWS", 1)
    chunk = sheets.step(saved_as(tmp_path, xlsx({"All": row(1, "Ana") + row(2, "Rui")}), "xlsx"), {})
    assert texts(chunk.pieces) == ["Ana"]
    assert "first 1 rows" in chunk.warnings[0]


def test_a_cell_in_the_last_corner_is_refused_before_the_sheet_is_laid_out(tmp_path: Path) -> None:
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    with pytest.raises(TooLargeError, match="reaches over"):
        sheets.step(saved_as(tmp_path, xlsx({"Far": row(1, "Ana") + far}), "xlsx"), {})


def test_what_is_no_workbook_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UndecodableError, match="save or export it again"):
        sheets.step(saved_as(tmp_path, b"garbage" * 40, "xls"), {})
