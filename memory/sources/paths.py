"""Files on this machine: read only inside allowed roots, and only what is plainly a file."""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes
from urllib.request import url2pathname

from memory.errors import InvalidInputError, SourceNotAllowedError, TooLargeError
from memory.sources.references import shown

_BLOCK_BYTES = 1 << 20
_KERNEL_TREES = (Path("/proc"), Path("/sys"))  # their "files" are the machine's state
_WINDOWS = os.name == "nt"
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_COMPONENT_WISE = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
_CLOSED_ON_EXEC: int = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOINHERIT", 0)
_FILE_FLAGS: int = (
    os.O_RDONLY
    | _CLOSED_ON_EXEC
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a FIFO must not make the open wait for a writer
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
_FOLDER_FLAGS: int = (
    getattr(os, "O_PATH", os.O_RDONLY) | _CLOSED_ON_EXEC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_DIRECTORY", 0)
)


def default_roots() -> tuple[Path, ...]:
    """The home and the working directory, resolved; either is left out where it is missing or `/`."""
    found: list[Path] = []
    for place in (Path.home, Path.cwd):
        try:
            root = place().resolve()
        except (OSError, RuntimeError):  # no home is known; the working directory was removed
            continue
        if root != Path(root.anchor) and root not in found:
            found.append(root)
    return tuple(found)


def uri_path(uri: str) -> str:
    """The path a `file:` URI names, percent-decoded.

    Raises:
        SourceNotAllowedError: it names another host.
        InvalidInputError: it is not absolute.
    """
    rest = uri.partition(":")[2]
    host, slash, path = rest[2:].partition("/") if rest.startswith("//") else ("", rest[:1], rest[1:])
    if host.lower() not in {"", "localhost"}:
        raise SourceNotAllowedError(f"{shown(uri)} is on another host; only files of this machine are read.")
    if slash != "/":
        raise InvalidInputError(f"{shown(uri)} is not absolute: a file URI looks like 'file:///folder/name.png'.")
    # On POSIX, before Python 3.14, url2pathname loses bytes that are not UTF-8.
    return url2pathname("/" + path) if _WINDOWS else os.fsdecode(unquote_to_bytes("/" + path))


def writable(name: str) -> str:
    """`name` as text that can be stored and sent: U+FFFD stands for each lone surrogate.

    Python puts surrogates for the bytes of a file name that are not UTF-8.
    """
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", name)


def blocks_of(written: str, roots: tuple[Path, ...], max_bytes: int) -> Iterator[bytes]:
    """The bytes of the regular file at `written`, which must lie inside one of `roots`, in blocks.

    `~` is the home; a relative path counts from the working directory, where that lies in a
    root. The path is resolved first, symbolic links and all. Where the operating system can,
    the file is then opened folder by folder without following any link, so that nothing
    changed meanwhile leads elsewhere.

    Raises:
        SourceNotAllowedError: outside the roots (whether or not it exists), hidden, not a
            regular file, on a network share, or not permitted to this process.
        InvalidInputError: there is no such file, or the path cannot be one.
        TooLargeError: more than `max_bytes`.
    """
    if re.match(r"[\\/]{2}", written):
        raise SourceNotAllowedError(f"{shown(written)} is a network path; only files of this machine are read.")
    path = _resolved(written, roots)
    root = _root_of(path, roots, written)
    try:
        yield from _read(root, path, written, max_bytes)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InvalidInputError(
            f"There is no file {shown(written)}: looked for {shown(str(path))}, in {_listed(roots)}. "
            "An entry of `files` is a place to read from; words go into `text`."
        ) from error
    except PermissionError as error:
        raise SourceNotAllowedError(f"This server has no permission to read {shown(written)}.") from error
    except OSError as error:
        raise InvalidInputError(f"{shown(written)} cannot be read: {error.strerror}.") from error


def _resolved(written: str, roots: tuple[Path, ...]) -> Path:
    try:
        path = Path(written).expanduser()
        if not path.is_absolute() and not any(_inside(Path.cwd(), root) for root in roots):
            raise SourceNotAllowedError(
                f"{shown(written)} is relative, and the working directory is not among the folders this "
                f"server may read ({_listed(roots)}). Give the absolute path."
            )
        return Path(os.path.realpath(path))
    except (ValueError, RuntimeError, OSError) as error:
        # NUL or a lone surrogate in it; a user unknown to `~name`; a removed working directory.
        raise InvalidInputError(f"{shown(written)} cannot be a path: {error}.") from error


def _inside(path: Path, root: Path) -> bool:
    return path.is_relative_to(os.path.realpath(root))


def _root_of(path: Path, roots: tuple[Path, ...], written: str) -> Path:
    """The root under which `path` may be read."""
    around = [Path(os.path.realpath(root)) for root in roots if _inside(path, root)]
    if not around or any(path.is_relative_to(tree) for tree in _KERNEL_TREES):
        raise SourceNotAllowedError(
            f"{shown(written)} is outside the folders this server may read: {_listed(roots)}. "
            "Copy the file into one of them, or send it as a data: URI."
        )
    for root in around:
        if not _is_hidden(path, root):
            return root
    raise SourceNotAllowedError(
        f"{shown(written)} is hidden, or lies in a hidden folder; such files are not read. "
        "Copy what is to be remembered to a folder that is not hidden."
    )


def _is_hidden(path: Path, root: Path) -> bool:
    below = path.relative_to(root)
    if any(part.startswith(".") for part in below.parts):
        return True
    return any(_is_marked_hidden(root / folder) for folder in (below, *below.parents[:-1]))


def _is_marked_hidden(path: Path) -> bool:
    """Whether Windows or macOS hides it by a flag, as they do `AppData` and `Library`."""
    try:
        facts = path.lstat()
    except OSError:  # it will be missed, with its own message, when it is opened
        return False
    windows: int = getattr(facts, "st_file_attributes", 0) & stat.FILE_ATTRIBUTE_HIDDEN
    return bool(windows or getattr(facts, "st_flags", 0) & stat.UF_HIDDEN)


def _read(root: Path, path: Path, written: str, max_bytes: int) -> Iterator[bytes]:
    descriptor = _open(root, path, written)
    with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123  # Path.open takes no descriptor
        facts = os.fstat(descriptor)
        _check_kind(facts.st_mode, written)
        _check_size(facts.st_size, written, max_bytes)
        size = 0
        while block := file.read(_BLOCK_BYTES):
            size += len(block)
            _check_size(size, written, max_bytes)
            yield block


def _open(root: Path, path: Path, written: str) -> int:
    if not _COMPONENT_WISE:
        return _open_whole(path, written)
    *folders, name = path.relative_to(root).parts or (".",)
    folder = os.open(root, _FOLDER_FLAGS)
    try:
        for part in folders:
            below = os.open(part, _FOLDER_FLAGS, dir_fd=folder)
            os.close(folder)
            folder = below
        # Before the open, which some devices notice; and after it, once nothing can be swapped.
        _check_kind(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode, written)
        return os.open(name, _FILE_FLAGS, dir_fd=folder)
    finally:
        os.close(folder)


def _open_whole(path: Path, written: str) -> int:
    """For systems that cannot open relative to a folder: open, then see that it is what was checked."""
    if _WINDOWS and ":" in "".join(path.parts[1:]):
        raise SourceNotAllowedError(f"{shown(written)} names an alternate data stream; such are not read.")
    before = path.lstat()
    _check_kind(before.st_mode, written)
    descriptor = os.open(path, _FILE_FLAGS)
    if os.path.samestat(before, os.fstat(descriptor)) and Path(os.path.realpath(path)) == path:
        return descriptor
    os.close(descriptor)
    raise SourceNotAllowedError(f"{shown(written)} changed while it was opened; try again.")


def _check_kind(mode: int, written: str) -> None:
    if stat.S_ISDIR(mode):
        raise SourceNotAllowedError(f"{shown(written)} is a folder; name the files in it instead.")
    if not stat.S_ISREG(mode):
        raise SourceNotAllowedError(f"{shown(written)} is a device, pipe, socket or link, not a regular file.")


def _check_size(size: int, written: str, max_bytes: int) -> None:
    if size > max_bytes:
        raise TooLargeError(f"{shown(written)} is larger than the limit of {max_bytes:,} bytes.")


def _listed(roots: tuple[Path, ...]) -> str:
    return writable(", ".join(map(str, roots)))
