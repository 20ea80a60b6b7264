"""Bad input gets a clear error that says what to do, and nothing is stored."""

import base64
import io
import zipfile
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from harness import Tools, connected, picture, text_of, written


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncGenerator[Tools]:
    (tmp_path / "root").mkdir()
    async with connected(tmp_path / "store", roots=(tmp_path / "root",)) as tools:
        yield tools


TEXTS: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "nothing to remember"),
    "white space": ({"text": " \n\t "}, "only white space"),
    "ten megabytes": ({"text": "word " * 2_000_000}, "at most 1,000,000 fit"),
    "a NUL": ({"text": "before\0after"}, "NUL character at 6"),
    "half a character": ({"text": "half \ud83d of it"}, "lone surrogate) at 5"),
    "a NUL in the title": ({"text": "x", "title": "a\0b"}, "title has a NUL"),
    "half a character in a tag": ({"text": "x", "tags": ["\udc00"]}, "tags has half a character"),
    "an endless title": ({"text": "x", "title": "t" * 5000}, "at most 300 fit"),
    "too many tags": ({"text": "x", "tags": [str(n) for n in range(100)]}, "at most 64 tags"),
    "a time that is none": ({"text": "x", "when": "yesterday-ish"}, "is not a point in time"),
    "metadata that is not flat": ({"text": "x", "metadata": {"a": {"b": 1}}}, "metadata"),
}


@pytest.mark.parametrize("case", TEXTS)
async def test_unusable_text_is_refused_whole(guarded: Tools, case: str) -> None:
    arguments, says = TEXTS[case]
    assert says in await guarded.error("remember", **arguments)
    assert await guarded.empty()


def _truncated_png(root: Path) -> str:
    return written(root, "cut.png", picture("red")[:400])


def _silent_wav(root: Path) -> str:
    return written(root, "zero.wav", b"")


def _missing(root: Path) -> str:
    return str(root / "not-there.png")


def _folder(root: Path) -> str:
    return str(root)


def _dots(root: Path) -> str:
    written(root.parent / "outside", "o.txt", b"outside the root")
    return str(root / ".." / "outside" / "o.txt")


def _link_out(root: Path) -> str:
    (root / "link.txt").symlink_to(written(root.parent / "outside", "o.txt", b"outside the root"))
    return str(root / "link.txt")


def _unknown_bytes(root: Path) -> str:
    return written(root, "blob.bin", bytes(range(256)) * 8)


def _archive(root: Path) -> str:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("notes/a.txt", "inside")
    return written(root, "notes.zip", file.getvalue())


async def test_bytes_of_an_unknown_kind_need_words_beside_them_and_are_found_by_those(
    guarded: Tools, tmp_path: Path
) -> None:
    file = _unknown_bytes(tmp_path / "root")
    assert "octet-stream" in await guarded.error("remember", files=[file])
    assert await guarded.empty()
    facts = await guarded.facts("remember", text="firmware of the boiler", files=[file])
    assert "unknown kind" in facts["warnings"][0]
    for question in ("boiler firmware", "blob.bin"):
        assert await guarded.found(question, mode="keyword") == [facts["id"]]
    [*_, medium] = await guarded.segments(facts["id"])
    assert await anyio.Path(guarded.service.path_of(medium)).read_bytes() == bytes(range(256)) * 8


FILES: dict[str, tuple[Callable[[Path], str], str]] = {
    "a truncated PNG": (_truncated_png, "again"),
    "a zero-byte WAV": (_silent_wav, "empty"),
    "a missing file": (_missing, "not-there.png"),
    "a folder": (_folder, "folder"),
    "dots that lead out": (_dots, "Copy the file into one of them"),
    "a link that leads out": (_link_out, "Copy the file into one of them"),
    "the password file": (lambda _: "/etc/passwd", "Copy the file into one of them"),
    "malformed base64": (lambda _: "data:image/png;base64,iVBOR*w0KG", "base64"),
    "base64 cut short": (
        lambda _: "data:image/png;base64," + base64.b64encode(picture("red")).decode()[:501],
        "base64",
    ),
    "an archive": (_archive, "unpack it"),
    "an upload ticket": (lambda _: "upload:1234", "upload"),
    "plain http": (lambda _: "http://example.org/a.png", "http"),
}


@pytest.mark.parametrize("case", FILES)
async def test_an_unusable_file_is_refused_and_nothing_of_its_call_is_stored(
    guarded: Tools, tmp_path: Path, case: str
) -> None:
    make, says = FILES[case]
    good = written(tmp_path / "root", "good.png", picture("blue"))
    message = await guarded.error("remember", text="with it", files=[good, make(tmp_path / "root")])
    assert says in message
    assert await guarded.empty()


ARGUMENTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "an unknown modality": ("recall", {"modalities": ["smell"]}, "'document'"),
    "an unknown mode": ("recall", {"query": "x", "mode": "psychic"}, "'hybrid'"),
    "an unknown id to open": ("recall", {"ids": ["m" + "0" * 20]}, "no memory"),
    "an id that is none": ("recall", {"ids": ["nonsense"]}, "no memory 'nonsense'"),
    "an unknown id as example": ("recall", {"like": "m" + "0" * 20}, "there is no memory"),
    "a missing file as example": ("recall", {"like": "gone.png"}, "gone.png"),
    "unlike alone": ("recall", {"unlike": "m" + "0" * 20}, "unlike needs"),
    "a limit of none": ("recall", {"query": "x", "limit": 0}, "limit"),
    "a budget of one": ("recall", {"query": "x", "max_tokens": 1}, "max_tokens"),
    "a score over one": ("recall", {"query": "x", "min_score": 7}, "min_score"),
    "a NUL in the query": ("recall", {"query": "a\0b"}, "NUL"),
    "half a character in the query": ("recall", {"query": "a\ud800"}, "lone surrogate"),
    "half a character in an id": ("recall", {"ids": ["m\ud800"]}, "lone surrogate"),
    "half a character in an id to forget": ("forget", {"ids": ["m\ud800"]}, "lone surrogate"),
    "half a character in replaces": ("remember", {"text": "x", "replaces": "m\ud800"}, "lone surrogate"),
    "too many parts": ("remember", {"files": ["x"] * 40}, "at most 20"),
    "a NUL in a filter": ("recall", {"query": "a", "namespace": "n\0"}, "NUL"),
    "an unknown id to forget": ("forget", {"ids": ["m" + "0" * 20]}, "nothing was forgotten"),
    "forget without a word": ("forget", {}, "say what to forget"),
    "ids and filters to forget": (
        "forget",
        {"ids": ["m" + "0" * 20], "tags": ["t"]},
        "either ids or filters",
    ),
    "a filter that forget does not know": ("forget", {"tags": ["t"], "metadata": {"a": 1}}, "nothing was forgotten"),
    "a wrong code": ("forget", {"tags": ["t"], "confirm": "yes"}, "nothing was forgotten"),
}


@pytest.mark.parametrize("case", ARGUMENTS)
async def test_an_impossible_call_says_what_is_possible(guarded: Tools, case: str) -> None:
    tool, arguments, says = ARGUMENTS[case]
    kept = await guarded.remember("Stays as it is", tags=["kept"])
    assert says in await guarded.error(tool, **arguments)
    assert await guarded.found() == [kept]


@pytest.mark.parametrize(
    "query",
    [
        "what's up?",
        'a "quoted" thing',
        "+must -not",
        "title:x AND (b OR c",
        "100% *wild*",
        "';--",
        "\\",
        "?",
        "a~2^3",
    ],
)
async def test_a_question_is_never_parsed_as_query_syntax(guarded: Tools, query: str) -> None:
    id_ = await guarded.remember(f"Somebody wrote {query} on the teapot")
    assert await guarded.found(f"{query} teapot") == [id_]


@pytest.mark.parametrize("value", ["it's", "a'; DROP TABLE", "日本", 'say "x"', "100%", "a\\b", "--", "tab\there"])
async def test_filters_take_any_text(guarded: Tools, value: str) -> None:
    id_ = await guarded.remember("x", tags=[value], namespace=value, session=value, metadata={value: value})
    await guarded.remember("x")
    found = await guarded.found(
        tags=[value] if "," not in value else value, namespace=value, session=value, metadata={value: value}
    )
    assert found == [id_]


async def test_a_bug_reaches_the_model_only_as_a_generic_line(
    guarded: Tools, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError("the secret of the house")

    monkeypatch.setattr(guarded.service, "recall", broken)
    result = await guarded.call("recall", query="x")
    assert result.is_error
    assert text_of(result) == "Error executing tool recall"
    assert "the secret of the house" in caplog.text
