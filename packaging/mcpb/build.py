#!/usr/bin/env python3
"""Builds the .mcpb bundle, the same bytes from the same sources; `make bundle` says where it goes."""

import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644
_NO_GROUPS = b"\n[tool.uv]\ndefault-groups = []\n"
"""Without it uv would install what only developers need."""


def contents() -> Iterator[tuple[str, bytes]]:
    """Every file of the bundle by name, in the order of the archive."""
    yield "manifest.json", (_HERE / "manifest.json").read_bytes()
    yield "main.py", (_HERE / "main.py").read_bytes()
    yield "pyproject.toml", (_ROOT / "pyproject.toml").read_bytes() + _NO_GROUPS
    for name in ("LICENSE", "README.md"):
        yield name, (_ROOT / name).read_bytes()
    for package in ("memory", "server"):
        for path in sorted((_ROOT / package).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(_ROOT).as_posix(), path.read_bytes()


def write(bundle: Path) -> None:
    """Write the bundle; the folder is made where it is missing."""
    bundle.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(bundle, "w", ZIP_DEFLATED) as archive:
        for name, data in contents():
            entry = ZipInfo(name, _EPOCH)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = _MODE << 16
            archive.writestr(entry, data)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
