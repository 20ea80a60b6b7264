"""Half a character in a request: refused with a word, instead of a client that waits for ever."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.wire import mended

COMMAND = Path(sys.executable).with_name("sensorium")


def _call(id_: int, tool: str, arguments: str) -> str:
    parameters = f'{{"name":"{tool}","arguments":{arguments}}}'
    return f'{{"jsonrpc":"2.0","id":{id_},"method":"tools/call","params":{parameters}}}\n'


def test_half_a_character_over_stdio_is_answered_with_what_to_do(tmp_path: Path) -> None:
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "0"}}
    lines = [
        json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}) + "\n",
        '{"jsonrpc":"2.0","method":"notifications/initialized"}\n',
        _call(2, "remember", r'{"text":"half \ud83d of it"}'),
        _call(3, "recall", r'{"query":"low \uDE00 half"}'),
        _call(4, "remember", r'{"text":"whole \ud83d\ude00, and \\ud83d spelled out"}'),
    ]
    environment = {**os.environ, "SENSORIUM_HOME": str(tmp_path / "store"), "SENSORIUM_EMBEDDER": "none"}
    with subprocess.Popen(
        [COMMAND], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.writelines(lines)
        process.stdin.flush()
        answers: dict[int, Any] = {}
        while len(answers) < 4:
            answer = json.loads(process.stdout.readline())
            answers[answer["id"]] = answer["result"]
        process.communicate(timeout=60)
    for id_ in (2, 3):
        assert answers[id_]["isError"]
        assert "half a character" in answers[id_]["content"][0]["text"]
    assert not answers[4].get("isError")


@given(st.text())
def test_whole_text_passes_unchanged(text: str) -> None:
    for line in (json.dumps(text), json.dumps(text, ensure_ascii=False)):
        assert json.loads(mended(line.encode())) == text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (rb'"\ud83d"', "\ufdd0"),
        (rb'"\uDE00x"', "\ufdd0x"),
        (rb'"\ud83d\ud83d\ude00"', "\ufdd0\U0001f600"),
        (rb'"\\ud83d"', r"\ud83d"),
        (rb'"\\\ud83d"', "\\\ufdd0"),
        (rb'"\ud83d\u0041"', "\ufdd0A"),
    ],
)
def test_only_halves_are_replaced(line: bytes, expected: str) -> None:
    assert json.loads(mended(line)) == expected
