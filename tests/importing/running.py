"""`sensorium import` as the command line runs it, and as a process of its own where it has to be stopped."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

from typer.testing import CliRunner

from memory.errors import SensoriumError
from server.cli import app

COMMAND = Path(sys.executable).with_name("sensorium")
_HANGS_AFTER_S = 120


def environment(home: Path) -> Mapping[str, str]:
    """A store of its own, searched by words."""
    kept = {name: value for name, value in os.environ.items() if "API_KEY" not in name}
    return {**kept, "SENSORIUM_HOME": str(home), "SENSORIUM_EMBEDDER": "none", "COLUMNS": "200"}


@dataclass(frozen=True, slots=True)
class Memory:
    """The command line on one store."""

    home: Path

    def ask(self, *arguments: object, code: int = 0) -> Any:
        """What a command tells a program."""
        return json.loads(self.run(*arguments, "--json", code=code))

    def run(self, *arguments: object, code: int = 0) -> str:
        """What a command prints; where it fails, what it raises."""
        done = CliRunner().invoke(app, list(map(str, arguments)), env=environment(self.home))
        assert done.exit_code == code, (done.output, done.exception)
        return str(done.exception) if isinstance(done.exception, SensoriumError) else done.stdout

    def found(self, query: str = "", **arguments: str) -> list[str]:
        """The passages that a recall brings."""
        options = [f"--{name}={value}" for name, value in arguments.items()]
        return [hit["passage"] for hit in self.ask("recall", query, "--limit=50", *options)["hits"]]

    @contextmanager
    def watching(self, *arguments: object) -> Generator["Watcher"]:
        """An import that follows its folders; told to stop in the end, which it must obey."""
        command = [COMMAND, "import", *map(str, arguments), "--watch", "--json"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, env=environment(self.home), text=True, stdout=pipe, stderr=pipe) as process:
            timer = Timer(_HANGS_AFTER_S, process.kill)
            timer.start()
            try:
                watcher = Watcher(process)
                watcher.await_begin()
                yield watcher
                process.send_signal(signal.SIGINT)
                assert process.wait(30) == 0, watcher.errors()
            finally:
                timer.cancel()
                process.kill()


@dataclass(frozen=True, slots=True)
class Watcher:
    """What is told of what changes."""

    process: subprocess.Popen[str]

    def await_begin(self) -> None:
        """Wait until the first look is over."""
        assert self.process.stderr is not None
        assert any("following" in line for line in self.process.stderr), "it ended before it followed anything"
        assert "stored" in self.next()

    def next(self) -> dict[str, Any]:
        """The next that is told."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.errors()
        return json.loads(line)

    def errors(self) -> str:
        """What was said beside it."""
        assert self.process.stderr is not None
        return self.process.stderr.read()
