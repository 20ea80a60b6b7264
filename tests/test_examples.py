"""Each example, run as its reader runs it, by this Python in an empty folder: it ends with an error where it fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
PRINTED = {
    "quick_start.py": ("stored m", "> The spare key to the house hangs behind the blue bicycle in the shed."),
    "agent_across_sessions.py": ("agent: I do not know.", "agent: You told me: Please remember: my daughter Mia"),
    "bug_hunt.py": ("finds editor.png, by", "finds shop.png, by looks"),
    "voice_diary.py": ("Dinner with Jonas", "Nine kilometres"),
    "ask_pdfs.py": ('<passage source="boiler.pdf, page 2">', "comes as a picture, too: image/"),
    "likes.py": ("1. Signal from Europa: ", "1. A Ring for Clara: "),
    "team_server.py": ("Somebody with a guessed token is told: 401", "The server has ended."),
    "demo.py": ("all 22 expectations hold",),
}
HEAVY = {"demo.py", "voice_diary.py"}  # 20 to 40 seconds of work each


def _cases() -> list[object]:
    return [pytest.param(name, marks=[pytest.mark.heavy] if name in HEAVY else []) for name in PRINTED]


def test_every_example_is_run_and_listed() -> None:
    scripts = {path.name for path in EXAMPLES.glob("*.py") if "__main__" in path.read_text(encoding="utf-8")}
    assert scripts - {"draw_assets.py"} == set(PRINTED)
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert [name for name in PRINTED if f"`python examples/{name}`" not in listed] == []


@pytest.mark.parametrize("name", _cases())
def test_an_example_holds_what_it_says_and_leaves_nothing_behind(name: str, tmp_path: Path) -> None:
    empty, temporary = tmp_path / "empty", tmp_path / "temporary"
    empty.mkdir()
    temporary.mkdir()
    settings = {name for name in os.environ if name.startswith("SENSORIUM_") or "API_KEY" in name}
    environment = {name: value for name, value in os.environ.items() if name not in settings}
    run = subprocess.run(
        [sys.executable, EXAMPLES / name],
        cwd=empty,
        env={**environment, "TMPDIR": str(temporary), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert [line for line in PRINTED[name] if line not in run.stdout] == []
    assert [*empty.iterdir(), *temporary.iterdir()] == []
