"""`sensorium import` and `sensorium reembed`, run as a user runs them, against a service on this machine."""

import json
from pathlib import Path
from typing import Any

import pytest
from anyio.to_thread import run_sync  # the command has an event loop of its own
from fakes.gemini_http import error_answer
from fakes.gemini_server import GeminiServer, gemini_server
from fakes.samples import film, page, sound
from harness import picture, written
from paying import connected_to, settings_for, settled

from memory import batching
from memory.errors import AccountRefusedError, ConfigurationError, InvalidInputError, SpendLimitError
from memory.pieces import Modality
from server.importing.orders import Order, Outcome
from server.importing.running import run_import
from server.importing.selection import Selection
from server.reembedding import run_reembed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of one of each, with something hidden and something that cannot be remembered."""
    root = tmp_path / "given"
    for name, data in (
        ("a.md", b"# Ferry\n\nIt leaves at noon.\n"),
        ("b.png", picture("red")),
        ("deep/c.wav", sound(4.0).data),
        ("deep/d.mp4", film(3).data),
        ("deep/e.pdf", page("words on a page").data),
        ("f.zip", b"PK\x03\x04" + bytes(60)),
        (".hidden/g.txt", b"not to be seen"),
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return json.loads(capsys.readouterr().out)


def test_a_dry_run_says_what_it_will_cost_and_sends_and_stores_nothing(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with gemini_server() as gemini:
        settings = settings_for(gemini, tmp_path / "store")
        assert run_import(settings, Order(paths=(folder,), yes=True, dry_run=True, as_json=True)) == 1
        facts = printed(capsys)
        assert not gemini.received
        assert run_import(settings, Order(paths=(folder,), yes=True, as_json=True)) == 1
        assert printed(capsys)["stored"] == 5
    total, kinds = facts["total"], facts["kinds"]
    assert set(kinds) == {"text", "image", "audio", "video", "document"}
    assert kinds["audio"]["tokens"]["audio"] == 100
    assert kinds["video"]["tokens"]["video"] == 3 * 66
    assert kinds["document"]["tokens"]["document"] == 258
    assert "f.zip" in str(facts["refused"])
    # An estimate is at least what it then took, and not three times that.
    assert gemini.counts["tokens"] <= total["tokens"]["text"] + 100 + 198 + 258 + 258
    assert total["total_dollars"] > 0


def test_an_import_is_embedded_in_few_calls_and_goes_on_where_it_was(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with gemini_server() as gemini:
        settings = settings_for(gemini, tmp_path / "store")
        run_import(settings, Order(paths=(folder,), yes=True, as_json=True, namespace="trip", tags=("ferry",)))
        assert len(gemini.embeds) == 1
        written(folder, "new.txt", b"one more")
        capsys.readouterr()
        run_import(settings, Order(paths=(folder,), yes=True, as_json=True, namespace="trip", tags=("ferry",)))
        facts = printed(capsys)
        assert (facts["stored"], facts["known"]) == (1, 5)
        assert len(gemini.embeds) == 2


async def test_what_was_imported_is_found(tmp_path: Path, folder: Path) -> None:
    with gemini_server() as gemini:
        settings = settings_for(gemini, tmp_path / "store")
        await run_sync(run_import, settings, Order(paths=(folder,), yes=True, namespace="trip", tags=("ferry",)))
        async with connected_to(gemini, tmp_path / "store") as tools:
            [hit, *_] = await tools.recall("when does it leave?", namespace="trip", tags=["ferry"])
            assert hit["title"] == "a.md"


def test_a_folder_that_is_none_is_a_clear_error(tmp_path: Path) -> None:
    with gemini_server() as gemini, pytest.raises(InvalidInputError, match="is not a folder"):
        run_import(settings_for(gemini, tmp_path / "store"), Order(paths=(tmp_path / "nowhere",)))


def test_links_and_hidden_files_are_passed_over(tmp_path: Path, folder: Path) -> None:
    (folder / "link.md").symlink_to(folder / "a.md")
    (folder / "round").symlink_to(folder)
    selection = Selection.of(Order(paths=(folder,)), tmp_path / "store")
    names = [path.name for path in selection.files(folder, Outcome())]
    assert names == ["a.md", "b.png", "c.wav", "d.mp4", "e.pdf", "f.zip"]


def _waiting(tmp_path: Path, gemini: GeminiServer, folder: Path) -> None:
    """A store of which nothing has a vector yet."""
    gemini.answers.extend([error_answer(403, "not allowed")] * 9)
    with pytest.raises(AccountRefusedError):
        run_import(settings_for(gemini, tmp_path / "store"), Order(paths=(folder,), yes=True))
    gemini.answers.clear()


def test_reembedding_embeds_all_that_waits(tmp_path: Path, folder: Path) -> None:
    with gemini_server() as gemini:
        _waiting(tmp_path, gemini, folder)
        assert run_reembed(settings_for(gemini, tmp_path / "store"), batch=False, keep_old=False) == 0
        assert gemini.counts["contents"] == 5


def test_reembedding_moves_a_memory_to_the_embedder_that_is_set(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From Gemini at one width to another; the old vectors are kept where that is asked, and else erased."""
    with gemini_server() as gemini:
        narrow = settings_for(gemini, tmp_path / "store", dimensions=256)
        wide = settings_for(gemini, tmp_path / "store", dimensions=512)
        run_import(narrow, Order(paths=(folder,), yes=True))
        assert run_reembed(wide, batch=False, keep_old=True) == 0
        assert "erased" not in capsys.readouterr().out
        assert run_reembed(wide, batch=False, keep_old=False) == 0
        told = " ".join(capsys.readouterr().out.split())
        assert "erased the vectors of vector_gemini_gemini_embedding_2_ga_256_p2" in told
        assert "spent today" in told
        assert gemini.counts["contents"] == 2 * 5


def test_reembedding_stops_at_the_day_s_limit_and_says_so(tmp_path: Path, folder: Path) -> None:
    with gemini_server() as gemini:
        _waiting(tmp_path, gemini, folder)
        with pytest.raises(SpendLimitError, match="SENSORIUM_MAX_SPEND"):
            run_reembed(settings_for(gemini, tmp_path / "store", max_spend=0.0001), batch=False, keep_old=False)
        assert gemini.counts["contents"] == 0


async def test_a_batch_job_is_half_the_price_and_collected_after_a_restart(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "LOOK_S", 0.0)
    with gemini_server() as gemini:
        gemini.jobs.looks = 2
        settings = settings_for(gemini, tmp_path / "store")
        await run_sync(run_import, settings, Order(paths=(folder,), yes=True, batch=True))
        assert gemini.counts["requests"] == 0
        assert len(gemini.jobs.kept) == 1
        async with connected_to(gemini, tmp_path / "store") as tools:
            later = await tools.remember("remembered while the job goes on")
            await settled(tools)
            assert gemini.counts["requests"] == 1  # the later one, which waits for no job
            assert await tools.found("going on", mode="semantic", tags=[]) != []
            spending = (await tools.service.status("local")).spending
            assert spending is not None
            assert spending.ever.contents == 5 + 1 + 1  # the job, the later one, the question
            assert spending.ever.dollars[Modality.AUDIO] == pytest.approx(100 * 6.5 / 1e6 / 2)
            assert later
        assert not gemini.jobs.kept
        assert not gemini.files.kept


async def test_a_batch_job_with_something_forgotten_in_it_is_thrown_away(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "LOOK_S", 0.0)
    with gemini_server() as gemini:
        gemini.jobs.looks = 10**6
        await run_sync(
            run_import, settings_for(gemini, tmp_path / "store"), Order(paths=(folder,), yes=True, batch=True)
        )
        async with connected_to(gemini, tmp_path / "store") as tools:
            [id_, *_] = await tools.found("ferry", mode="keyword")
            await tools.forget(id_)
            await settled(tools)
            assert not gemini.jobs.kept
            assert not gemini.files.kept
            assert (await tools.service.backlog()).pending == 0
        assert all("noon" not in str(received.body) for received in gemini.embeds)


def test_batch_jobs_are_refused_where_there_are_none(tmp_path: Path, folder: Path) -> None:
    with gemini_server() as gemini:
        settings = settings_for(gemini, tmp_path / "store", embedder="none")
        assert run_import(settings, Order(paths=(folder,), yes=True)) == 1
        local = settings_for(gemini, tmp_path / "store", embedder="local")
        with pytest.raises(ConfigurationError, match="--batch"):
            run_reembed(local, batch=True, keep_old=False)
