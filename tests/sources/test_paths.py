import errno
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.errors import InvalidInputError, SourceNotAllowedError, TooLargeError
from memory.sources import paths
from memory.sources.paths import blocks_of, default_roots, uri_path

LIMIT = 1_000
SECRET = b"the secret"


def read_path(written: str, roots: tuple[Path, ...], max_bytes: int) -> bytes:
    return b"".join(blocks_of(written, roots, max_bytes))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root as people have them, beside a place that is not one."""
    home = tmp_path / "home"
    for folder in (home / "notes", home / ".ssh", tmp_path / "outside"):
        folder.mkdir(parents=True)
    (home / "notes" / "a b.txt").write_bytes(b"hello")
    for secret in (home / ".ssh" / "id_rsa", home / ".env", tmp_path / "outside" / "secret.txt"):
        secret.write_bytes(SECRET)
    (home / "out.txt").symlink_to(tmp_path / "outside" / "secret.txt")
    (home / "out").symlink_to(tmp_path / "outside")
    (home / "key.txt").symlink_to(home / ".ssh" / "id_rsa")
    (home / "dangling.txt").symlink_to(tmp_path / "outside" / "nothing.txt")
    (home / "inner.txt").symlink_to(Path("notes") / "a b.txt")
    (home / "loop.txt").symlink_to("loop.txt")
    (tmp_path / "home2").mkdir()
    (tmp_path / "home2" / "secret.txt").write_bytes(SECRET)
    return home


@pytest.mark.parametrize("written", ["notes/a b.txt", "notes/../notes/./a b.txt", "inner.txt", ".ssh/../inner.txt"])
def test_a_file_in_a_root_is_read(root: Path, written: str) -> None:
    assert read_path(f"{root}/{written}", (root,), LIMIT) == b"hello"


@pytest.mark.parametrize(
    "written",
    [
        "{root}/../outside/secret.txt",
        "{root}/../outside/nothing.txt",
        "{root}/../home2/secret.txt",
        "{root}/notes/../../outside/secret.txt",
        "{root}/notes/a b.txt/../../../outside/secret.txt",
        "{root}/out.txt",
        "{root}/out/secret.txt",
        "{root}/out/nothing.txt",
        "{root}/out/../outside/secret.txt",
        "{root}/dangling.txt",
        "{root}/..",
        "/etc/passwd",
        "/etc/no-such-file",
        "/proc/self/environ",
        "/dev/zero",
        "/",
        "~root/secret.txt",
    ],
)
def test_what_lies_outside_is_refused_alike_whether_or_not_it_exists(root: Path, written: str) -> None:
    written = written.format(root=root)
    with pytest.raises(SourceNotAllowedError) as refusal:
        read_path(written, (root,), LIMIT)
    assert str(refusal.value) == (
        f"{paths.shown(written)} is outside the folders this server may read: {root}. "
        "Copy the file into one of them, or send it as a data: URI."
    )


@pytest.mark.parametrize("written", [".ssh/id_rsa", ".ssh/nothing", ".env", "key.txt", "notes/../.ssh/id_rsa", ".ssh"])
def test_hidden_files_are_refused(root: Path, written: str) -> None:
    with pytest.raises(SourceNotAllowedError, match="hidden"):
        read_path(f"{root}/{written}", (root,), LIMIT)


def test_a_root_itself_may_be_hidden(root: Path) -> None:
    assert read_path(f"{root}/.ssh/id_rsa", (root, root / ".ssh"), LIMIT) == SECRET


def test_a_root_may_be_a_symbolic_link(root: Path) -> None:
    link = root.parent / "link"
    link.symlink_to(root)
    assert read_path(f"{link}/notes/a b.txt", (link,), LIMIT) == b"hello"
    assert read_path(f"{root}/notes/a b.txt", (link,), LIMIT) == b"hello"


@pytest.mark.parametrize("written", ["/proc/self/environ", "/proc/self/root/proc/self/status", "/sys/kernel/notes"])
def test_the_kernels_files_are_refused_even_where_everything_is_a_root(written: str) -> None:
    with pytest.raises(SourceNotAllowedError):
        read_path(written, (Path("/"),), LIMIT)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (r"\\server\share\a.txt", "network path"),
        ("//server/share/a.txt", "network path"),
        (r"\\?\C:\a.txt", "network path"),
        (r"\\.\PhysicalDrive0", "network path"),
    ],
)
def test_network_and_device_paths_are_refused(root: Path, written: str, message: str) -> None:
    with pytest.raises(SourceNotAllowedError, match=message):
        read_path(written, (root, Path("/")), LIMIT)


@pytest.mark.parametrize("written", ["a\0b", "{root}/a.txt\0.png", "{root}/\ud800", "~nobody-of-that-name/a"])
def test_what_cannot_be_a_path_is_invalid(root: Path, written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    with pytest.raises(InvalidInputError, match="cannot be a path") as refusal:
        read_path(written.format(root=root), (root,), LIMIT)
    assert type(refusal.value) is InvalidInputError


@pytest.mark.parametrize("written", ["notes/none.txt", "none/none.txt", "notes/a b.txt/c"])
def test_a_missing_file_is_said_with_what_was_looked_for_and_where(root: Path, written: str) -> None:
    other = root.parent / "other"
    with pytest.raises(InvalidInputError) as refusal:
        read_path(f"{root}/{written}", (other, root), LIMIT)
    assert type(refusal.value) is InvalidInputError
    sought = paths.shown(f"{root}/{written}")
    assert f"looked for {sought}, in {other}, {root}." in str(refusal.value)


@pytest.mark.parametrize("name", ["x" * 300, "loop.txt"])
def test_a_path_the_system_cannot_follow_is_refused(root: Path, name: str) -> None:
    with pytest.raises(InvalidInputError):
        read_path(f"{root}/{name}", (root,), LIMIT)


@pytest.mark.parametrize("written", ["", "notes", "notes/"])
def test_a_folder_is_refused_with_what_to_name_instead(root: Path, written: str) -> None:
    with pytest.raises(SourceNotAllowedError, match="name the files in it"):
        read_path(f"{root}/{written}", (root,), LIMIT)


@pytest.fixture
def special(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(root)  # a socket's own path may not be long
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        yield root


@pytest.mark.parametrize("name", ["pipe", "socket"])
def test_pipes_and_sockets_are_refused_without_waiting(special: Path, name: str) -> None:
    with pytest.raises(SourceNotAllowedError, match="not a regular file"):
        read_path(f"{special}/{name}", (special,), LIMIT)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/tty"])
def test_devices_are_refused(device: str) -> None:
    with pytest.raises(SourceNotAllowedError, match="not a regular file"):
        read_path(device, (Path("/dev"),), LIMIT)


def test_the_limit_is_kept_to_the_byte(root: Path) -> None:
    file = root / "big.bin"
    file.write_bytes(b"x" * LIMIT)
    assert len(read_path(str(file), (root,), LIMIT)) == LIMIT
    file.write_bytes(b"x" * (LIMIT + 1))
    with pytest.raises(TooLargeError, match="1,000 bytes"):
        read_path(str(file), (root,), LIMIT)


def test_a_vast_sparse_file_is_refused_by_its_size(root: Path) -> None:
    with (root / "sparse.bin").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(TooLargeError):
        read_path(f"{root}/sparse.bin", (root,), LIMIT)


def test_a_file_that_grows_past_the_limit_while_it_is_read_is_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = root / "growing.bin"
    file.write_bytes(b"x" * (LIMIT + 1))

    def still_empty(_: int) -> os.stat_result:
        return os.stat_result((stat.S_IFREG, *[0] * 9))

    monkeypatch.setattr(os, "fstat", still_empty)
    with pytest.raises(TooLargeError):
        read_path(str(file), (root,), LIMIT)


@pytest.mark.parametrize("component_wise", [True, False])
@pytest.mark.parametrize("swapped", ["notes", "notes/a b.txt"])
def test_a_link_put_in_after_the_check_leads_nowhere(
    root: Path, monkeypatch: pytest.MonkeyPatch, swapped: str, *, component_wise: bool
) -> None:
    """The race itself: the swap happens between the resolution and the open."""
    (root.parent / "outside" / "a b.txt").write_bytes(SECRET)
    target = root.parent / "outside" / ("" if swapped == "notes" else "a b.txt")
    check = paths._root_of  # pyright: ignore[reportPrivateUsage]  # the moment to swap at

    def swap(path: Path, roots: tuple[Path, ...], written: str) -> Path:
        found = check(path, roots, written)
        (root / swapped).rename(root / "moved")
        (root / swapped).symlink_to(target)
        return found

    monkeypatch.setattr(paths, "_root_of", swap)
    monkeypatch.setattr(paths, "_COMPONENT_WISE", component_wise)
    with pytest.raises(InvalidInputError):
        read_path(f"{root}/notes/a b.txt", (root,), LIMIT)


@pytest.mark.parametrize("name", ["notes/a b.txt", "inner.txt"])
def test_systems_that_open_whole_paths_read_the_same_files(
    root: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(paths, "_COMPONENT_WISE", False)
    assert read_path(f"{root}/{name}", (root,), LIMIT) == b"hello"
    with pytest.raises(SourceNotAllowedError, match="folder"):
        read_path(f"{root}/notes", (root,), LIMIT)


def test_what_this_process_may_not_read_is_said(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:  # tests may run as root, whom permissions do not stop
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(SourceNotAllowedError, match="no permission"):
        read_path(f"{root}/inner.txt", (root,), LIMIT)


def test_no_descriptor_is_left_open(special: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # a count, not paths
    for name in ("inner.txt", "pipe", "socket", "notes", "none", "notes/a b.txt/c"):
        try:
            read_path(f"{special}/{name}", (special,), LIMIT)
        except InvalidInputError:
            continue
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208  # likewise


def test_a_relative_path_counts_from_the_working_directory(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root / "notes")
    assert read_path("a b.txt", (root,), LIMIT) == b"hello"
    assert read_path("../inner.txt", (root,), LIMIT) == b"hello"


def test_a_relative_path_is_refused_where_the_working_directory_is_no_root(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root.parent / "outside")
    with pytest.raises(SourceNotAllowedError, match="Give the absolute path"):
        read_path("../home/notes/a b.txt", (root,), LIMIT)


def test_a_tilde_is_the_home(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(root))
    assert read_path("~/notes/a b.txt", (root,), LIMIT) == b"hello"


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///home/a%20b.txt", "/home/a b.txt"),
        ("file://localhost/a.txt", "/a.txt"),
        ("FILE://LOCALHOST/a%2Fb", "/a/b"),
        ("file:/a.txt", "/a.txt"),
        ("file:///a#b?.txt", "/a#b?.txt"),
        ("file:////server/share", "//server/share"),
    ],
)
def test_a_file_uri_is_decoded(uri: str, path: str) -> None:
    assert uri_path(uri) == path


@pytest.mark.parametrize("uri", ["file://server/share/a.txt", "file://127.0.0.1/a", "file://C:/a.txt"])
def test_a_file_uri_of_another_host_is_refused(uri: str) -> None:
    with pytest.raises(SourceNotAllowedError, match="another host"):
        uri_path(uri)


@pytest.mark.parametrize("uri", ["file:a.txt", "file:", "file://", "file://localhost"])
def test_a_relative_file_uri_is_refused(uri: str) -> None:
    with pytest.raises(InvalidInputError, match="not absolute"):
        uri_path(uri)


def test_the_default_roots_are_home_and_working_directory(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(root / "notes" / ".."))
    monkeypatch.chdir(root / "notes")
    assert default_roots() == (root, root / "notes")
    monkeypatch.chdir(root)
    assert default_roots() == (root,)


def test_the_whole_file_system_is_never_a_default_root(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(root))
    monkeypatch.chdir("/")
    assert default_roots() == (root,)
    monkeypatch.setenv("HOME", "/")
    assert default_roots() == ()


def test_a_removed_working_directory_is_no_default_root(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(root))
    gone = root / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert default_roots() == (root,)
    monkeypatch.chdir(root)
