"""The Dockerfile, carried out by hand where no Docker daemon runs: steps, user, command, health check."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dockerfile:
    """What a Dockerfile says, by stages, without comments."""

    stages: Sequence[Sequence[tuple[str, str]]]

    @classmethod
    def read(cls, path: Path) -> "Dockerfile":
        """Its instructions; lines that go on are one."""
        lines = [line for line in path.read_text().splitlines() if line.strip() and not line.lstrip().startswith("#")]
        said = [line.split(maxsplit=1) for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()]
        starts = [number for number, (word, _) in enumerate(said) if word == "FROM"]
        ends = [*starts[1:], len(said)]
        return cls(stages=[[(word, rest) for word, rest in said[a:b]] for a, b in zip(starts, ends, strict=True)])

    def all(self, instruction: str, stage: int = -1) -> list[str]:
        """What follows an instruction, each time it stands in a stage; by default in the last."""
        return [rest for word, rest in self.stages[stage] if word == instruction]

    @property
    def variables(self) -> Mapping[str, str]:
        """What `ENV` sets."""
        return dict(pair.split("=", 1) for rest in self.all("ENV") for pair in shlex.split(rest))

    @property
    def command(self) -> Sequence[str]:
        """What is run."""
        [entry], [arguments] = self.all("ENTRYPOINT"), self.all("CMD")
        return [*json.loads(entry), *json.loads(arguments)]

    @property
    def health(self) -> Sequence[str]:
        """What asks whether it is well."""
        [check] = self.all("HEALTHCHECK")
        return json.loads(check.partition("CMD ")[2])

    @property
    def user(self) -> int:
        """Who runs it."""
        [user] = self.all("USER")
        return int(user.partition(":")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What the build stage makes, below `root`; it may be read by all and is written by nobody."""

    file: Dockerfile
    root: Path

    def build(self) -> None:
        """Copy what is copied, and run what is run."""
        source = self.root / "src"
        source.mkdir(parents=True)
        for copied in self.file.all("COPY", stage=0):
            *names, _ = copied.split()
            for name in names:
                if (ROOT / name).is_dir():
                    shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(ROOT / name, source / name)
        for step in self.file.all("RUN", stage=0):
            subprocess.run(["/bin/sh", "-ec", self.here(step)], cwd=source, check=True, capture_output=True)

    def here(self, text: str) -> str:
        """A text of the file with its places moved below `root`, and its Python one that every user may run."""
        moved = re.sub(r"/(opt|wheel|data)\b", rf"{self.root}/\1", text)
        return re.sub(r"^python\b", _python(), moved)

    def environment(self, **more: str) -> dict[str, str]:
        """What a process in a container sees: no home of anybody, and no settings but its own."""
        path = f"{self.root}/opt/sensorium/bin:/usr/bin:/bin"
        return {**{name: self.here(value) for name, value in self.file.variables.items()}, "PATH": path, **more}

    def started(self, command: Sequence[str], port: int, **more: str) -> "subprocess.Popen[str]":
        """The command of the image on another port, by its user where this one may change to it."""
        arguments = [re.sub(r"\b8000\b", str(port), one) for one in command]
        user = self.file.user if os.geteuid() == 0 else None
        return subprocess.Popen(
            arguments,
            executable=shutil.which(arguments[0], path=self.environment()["PATH"]),
            env=self.environment(**more),
            cwd="/",
            user=user,
            group=user,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


def _python() -> str:
    """An interpreter that another user may run; this one where the tests' own user runs the image."""
    system = Path("/usr/bin/python3")
    if os.geteuid() or not system.exists():
        return sys.executable
    return str(system)
