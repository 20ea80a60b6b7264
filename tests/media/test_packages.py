import io
import zipfile
from pathlib import Path

import pytest
from media.office import package, saved_as

from memory.errors import TooLargeError, UndecodableError
from memory.media.documents import packages
from memory.media.documents.markup import parsed


def path_of(folder: Path, data: bytes) -> Path:
    return saved_as(folder, data, "application/zip").path


def lying(data: bytes, real: int, declared: int) -> bytes:
    """`data` with every size of `real` bytes declared to be `declared` bytes."""
    return data.replace(real.to_bytes(4, "little"), declared.to_bytes(4, "little"))


def test_an_entry_is_read_whole(tmp_path: Path) -> None:
    with packages.opened(path_of(tmp_path, package({"a.xml": "<a/>"}))) as opened:
        assert opened.read("a.xml") == b"<a/>"


def test_a_bomb_is_refused_before_it_expands(tmp_path: Path) -> None:
    path = path_of(tmp_path, package({"a.xml": bytes(4_000_000)}))
    with pytest.raises(TooLargeError, match="grows more than 200 times"), packages.opened(path):
        pass


def test_too_many_entries_are_refused(tmp_path: Path) -> None:
    path = path_of(tmp_path, package({f"{n}": "" for n in range(packages.MAX_ENTRIES + 1)}))
    with pytest.raises(TooLargeError, match="more than 10,000 entries"), packages.opened(path):
        pass


def test_more_bytes_than_the_limit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "MAX_TOTAL_BYTES", 3)
    with pytest.raises(TooLargeError), packages.opened(path_of(tmp_path, package({"a.xml": "<a/>"}))):
        pass


def test_an_entry_that_is_larger_than_declared_is_not_expanded(tmp_path: Path) -> None:
    real = 3_000_000
    path = path_of(tmp_path, lying(package({"a.xml": bytes(range(256)) * (real // 256)}), real // 256 * 256, 1_000))
    with packages.opened(path) as opened, pytest.raises(UndecodableError):
        packages.verify(opened)


def test_a_part_over_its_cap_is_refused(tmp_path: Path) -> None:
    with packages.opened(path_of(tmp_path, package({"a.xml": "<aaaaaaa/>"}))) as opened, pytest.raises(TooLargeError):
        opened.read("a.xml", max_bytes=5)


def test_encrypted_entries_are_said_to_be_locked(tmp_path: Path) -> None:
    data = bytearray(package({"a.xml": "<a/>"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path = path_of(tmp_path, bytes(data))
    with pytest.raises(UndecodableError, match="locked with a password"), packages.opened(path):
        pass


def test_a_compound_file_is_said_to_be_locked(tmp_path: Path) -> None:
    path = path_of(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(UndecodableError, match="locked with a password"), packages.opened(path):
        pass


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"garbage" * 90], ids=["empty", "header", "no zip"])
def test_what_is_no_package_is_refused_with_what_to_do(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UndecodableError, match="save or export it again"), packages.opened(path_of(tmp_path, data)):
        pass


def test_an_unusual_compression_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.xml", "<a/>")
    path = path_of(tmp_path, buffer.getvalue())
    with pytest.raises(UndecodableError, match="no document is"), packages.opened(path):
        pass


def test_entities_are_not_expanded() -> None:
    nested = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    bomb = f'<!DOCTYPE a [<!ENTITY e0 "{"x" * 999}">{nested}]><a b="&e8;">&e8;</a>'
    with pytest.raises(UndecodableError):
        parsed(bomb.encode())


def test_files_of_this_machine_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    root = parsed(f'<!DOCTYPE a [<!ENTITY e SYSTEM "{secret.as_uri()}">]><a>&e;</a>'.encode())
    assert not any("hidden" in (part.text or "") for part in root.iter() if part.tag == "a")


def test_nesting_is_bounded() -> None:
    assert sum(1 for _ in parsed(b"<a>" * 5_000).iter()) <= 256
