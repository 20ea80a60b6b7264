import hashlib
from pathlib import Path

import pytest

from memory.errors import ConfigurationError
from memory.weights import verified


def test_a_file_with_the_checksum_is_returned(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(b"numbers" * 100_000)
    assert verified(path, hashlib.sha256(path.read_bytes()).hexdigest()) == path


def test_a_file_that_differs_by_one_bit_is_refused_with_both_checksums_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(b"numbers")
    expected = hashlib.sha256(b"numbers").hexdigest()
    path.write_bytes(b"numberr")
    with pytest.raises(ConfigurationError, match="reinstall") as caught:
        verified(path, expected)
    assert expected in str(caught.value)
    assert hashlib.sha256(b"numberr").hexdigest() in str(caught.value)
    assert str(path) in str(caught.value)


def test_an_absent_file_is_refused_and_found_once_it_is_there(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    expected = hashlib.sha256(b"numbers").hexdigest()
    with pytest.raises(ConfigurationError, match="reinstall"):
        verified(path, expected)
    path.write_bytes(b"numbers")
    assert verified(path, expected) == path
