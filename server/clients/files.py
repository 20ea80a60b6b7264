"""A client's settings file: read whole, replaced whole, its first state kept beside it."""

import contextlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from memory.errors import ConfigurationError

_MARK = "\ufeff"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """What a settings file held when it was read.

    Attributes:
        path: where it is, behind any symbolic links.
        content: its bytes, or None where there is no file.
        text: what they say, with line feeds only and without a byte order mark.
    """

    path: Path
    content: bytes | None
    text: str

    @property
    def backup(self) -> Path:
        """Where its first state is kept."""
        return self.path.with_name(f"{self.path.name}.sensorium-backup")


def read_file(path: Path) -> SettingsFile:
    """The file as it is now; one that is not there is empty.

    Raises:
        ConfigurationError: it cannot be read, or is not text.
    """
    try:
        target = path.resolve()
        content = target.read_bytes()
        text = content.decode().removeprefix(_MARK)
    except FileNotFoundError:
        return SettingsFile(path=path.resolve(), content=None, text="")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8, and is left as it is: mend it and try again.") from error
    except (OSError, RuntimeError) as error:  # a loop of links is a RuntimeError before Python 3.13
        raise ConfigurationError(f"{path} cannot be read: {error}.") from error
    return SettingsFile(path=target, content=content, text=text.replace("\r\n", "\n") if _is_dos(text) else text)


def replace_file(file: SettingsFile, text: str) -> None:
    """Write the text in the file's own encoding, at once and for good, after its first state is kept.

    Raises:
        ConfigurationError: it cannot be written, or has changed since it was read.
    """
    content = file.content or b""
    if _is_dos(content.decode()):
        text = text.replace("\n", "\r\n")
    if content.decode().startswith(_MARK):
        text = _MARK + text
    if read_file(file.path).content != file.content:
        raise ConfigurationError(f"{file.path} was changed by another program just now: try again.")
    try:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        mode = stat.S_IMODE(file.path.stat().st_mode) if file.content is not None else 0o600  # it may hold a key
        if file.content is not None and not file.backup.exists():
            _write(file.backup, file.content, mode)
        _write(file.path, text.encode(), mode)
    except OSError as error:
        raise ConfigurationError(f"{file.path} cannot be written, and is as it was: {error}.") from error


def _write(path: Path, content: bytes, mode: int) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _is_dos(text: str) -> bool:
    return "\r\n" in text and text.count("\r\n") == text.count("\n")
