import base64
import io
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from memory.errors import InvalidInputError, SourceNotAllowedError, TooLargeError, UndecodableError
from memory.sources.paths import writable
from memory.sources.sources import Sources
from memory.sources.spool import Spool
from memory.sources.web import Web

pytestmark = pytest.mark.anyio


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(buffer, "PNG")
    return buffer.getvalue()


def _put(folder: Path, name: str, data: bytes) -> bool:
    """Whether the file system took this name."""
    try:
        (folder / name).write_bytes(data)
    except (OSError, UnicodeError):
        return False
    return True


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "a photo.jpg").write_bytes(png())
    (tmp_path / "note.md").write_text("# Hello", encoding="utf-8")
    (tmp_path / "empty.txt").touch()
    return tmp_path


@pytest.fixture
def spool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spool]:
    with closing(Spool(tmp_path_factory.mktemp("spool"))) as spool:
        yield spool


@pytest.fixture
def sources(root: Path, spool: Spool) -> Sources:
    return Sources(spool=spool, roots=(root,), allow_urls=False)


async def test_a_path_gives_the_bytes_with_their_true_type_and_name(sources: Sources, root: Path) -> None:
    part = await sources.fetch(f"  {root}/a photo.jpg\n")
    assert (part.file.path.read_bytes(), part.file.mime) == (png(), "image/png")
    assert (part.name, part.source) == ("a photo.jpg", f"{root}/a photo.jpg")


async def test_a_file_uri_is_a_path_and_keeps_how_it_was_written(sources: Sources, root: Path) -> None:
    written = f"file://{root}/a%20photo.jpg"
    part = await sources.fetch(written)
    assert (part.file.mime, part.name, part.source) == ("image/png", "a photo.jpg", written)


async def test_a_data_uri_is_believed_by_its_bytes_and_its_payload_is_not_kept(sources: Sources) -> None:
    part = await sources.fetch(f"data:text/html;base64,{base64.b64encode(png()).decode()}")
    assert (part.file.path.read_bytes(), part.file.mime) == (png(), "image/png")
    assert (part.name, part.source) == ("", "data:image/png")


@pytest.mark.parametrize("written", ["{root}/caf\udce9.txt", "file://{root}/caf%E9.txt"])
async def test_a_name_that_is_not_utf_8_is_found_and_kept_readable(sources: Sources, root: Path, written: str) -> None:
    if not _put(root, "caf\udce9.txt", b"an old note"):
        pytest.skip("this file system takes UTF-8 only")
    part = await sources.fetch(written.format(root=root))
    assert (part.file.path.read_bytes(), part.file.mime, part.name) == (b"an old note", "text/plain", "caf\ufffd.txt")
    assert part.source == written.format(root=root).replace("\udce9", "\ufffd")


@pytest.mark.parametrize("written", ["{root}/none\udce9.txt", "/etc/\udce9", "\ud800", "data:,\udce9", "file:///%E9"])
async def test_a_refusal_of_such_a_name_can_be_sent(sources: Sources, root: Path, written: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        await sources.fetch(written.format(root=root))
    assert str(refusal.value).encode()


async def test_a_refusal_can_be_sent_also_where_a_folder_has_such_a_name(root: Path, spool: Spool) -> None:
    folder = root / "caf\udce9"
    with pytest.raises(SourceNotAllowedError) as refusal:
        await Sources(spool=spool, roots=(folder,), allow_urls=False).fetch("/etc/passwd")
    assert str(refusal.value).encode()


def test_only_what_cannot_be_written_is_replaced_in_a_name() -> None:
    assert writable("Grüße 🐝 \ud83d\udce9.txt") == "Grüße 🐝 \ufffd\ufffd.txt"


async def test_the_endings_of_names_tell_texts_apart(sources: Sources, root: Path) -> None:
    assert (await sources.fetch(f"{root}/note.md")).file.mime == "text/markdown"
    assert (await sources.fetch("data:,hello")).file.mime == "text/plain"


@pytest.mark.parametrize("written", ["{root}/empty.txt", "file://{root}/empty.txt", "data:,", "data:;base64,"])
async def test_what_is_empty_is_refused(sources: Sources, root: Path, written: str) -> None:
    with pytest.raises(UndecodableError, match="is empty"):
        await sources.fetch(written.format(root=root))


async def test_the_limit_holds_for_every_source(root: Path, spool: Spool) -> None:
    small = Sources(spool=spool, roots=(root,), allow_urls=False, max_bytes=3)
    for written in (f"{root}/note.md", "data:,long", "data:;base64,bG9uZw=="):
        with pytest.raises(TooLargeError):
            await small.fetch(written)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("upload:1234", "offers no upload tickets"),
        ("http://example.com/a.png", "http is not secure"),
        ("https://example.com/a.png", "fetches no URLs"),
        ("HTTPS://example.com/a.png", "fetches no URLs"),
        ("ftp://example.com/a.png", "nothing is read from ftp:"),
        ("s3://bucket/a.png", "nothing is read from s3:"),
        ("javascript:alert(1)", "nothing is read from javascript:"),
        ("gopher://example.com", "nothing is read from gopher:"),
        ("memory://abc", "nothing is read from memory:"),
    ],
)
async def test_what_is_not_read_from_is_refused_with_what_to_pass(sources: Sources, written: str, reason: str) -> None:
    with pytest.raises(SourceNotAllowedError, match=reason) as refusal:
        await sources.fetch(written)
    assert str(refusal.value).endswith(
        "Pass the path of a file or a file:// URI or a data: URI such as 'data:image/png;base64,…'; "
        "words go into `text`."
    )


@pytest.mark.parametrize(
    "written",
    [
        "",
        "  ",
        "Remember this:\nthe meeting is on Monday.",
        "iVBORw0KGgo" + "A" * 5_000,
        "/9j/4AAQSkZJRg" + "Ab3/" * 60,
        base64.urlsafe_b64encode(bytes(range(256))).decode(),
        "x" * 5_000,
    ],
)
async def test_content_in_place_of_a_reference_is_told_what_the_argument_takes(sources: Sources, written: str) -> None:
    with pytest.raises(InvalidInputError, match="not the place of a file") as refusal:
        await sources.fetch(written)
    assert "words go into `text`" in str(refusal.value)
    assert len(str(refusal.value)) < 400


@pytest.mark.parametrize("written", ["note: buy milk and bread", "buy milk and bread"])
async def test_words_in_place_of_a_reference_are_looked_for_as_a_file(
    root: Path, sources: Sources, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    with pytest.raises(InvalidInputError, match="There is no file") as refusal:
        await sources.fetch(written)
    assert "words go into `text`" in str(refusal.value)


@pytest.mark.parametrize("written", ["/etc/passwd", "note.md", "~/a.png", "file:///etc/passwd", "/no/such/file"])
async def test_without_roots_a_path_is_refused_with_data_instead(spool: Spool, written: str) -> None:
    with pytest.raises(SourceNotAllowedError, match=r"reads no files by path\. Pass a data: URI"):
        await Sources(spool=spool, roots=(), allow_urls=False).fetch(written)


async def test_without_roots_a_data_uri_still_works(spool: Spool) -> None:
    part = await Sources(spool=spool, roots=(), allow_urls=False).fetch("data:,hello")
    assert part.file.path.read_bytes() == b"hello"


async def test_hidden_files_are_refused_through_the_facade_too(sources: Sources, root: Path) -> None:
    (root / ".ssh").mkdir()
    (root / ".ssh" / "id_rsa").write_bytes(b"secret")
    for written in (f"{root}/.ssh/id_rsa", f"file://{root}/%2Essh/id_rsa"):
        with pytest.raises(SourceNotAllowedError, match="hidden"):
            await sources.fetch(written)


async def test_allowed_urls_are_offered_and_checked(spool: Spool) -> None:
    async def inner(host: str, port: int) -> Sequence[str]:
        assert (host, port) == ("media.test", 443)
        return ["10.0.0.1"]

    sources = Sources(spool=spool, roots=(), allow_urls=True, web=Web(resolver=inner))
    with pytest.raises(SourceNotAllowedError, match="not on the public internet"):
        await sources.fetch("https://media.test/a.png")
    with pytest.raises(SourceNotAllowedError, match="Pass an https:// URL or a data: URI"):
        await sources.fetch("/etc/passwd")
