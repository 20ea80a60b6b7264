"""What the Dockerfile, the compose file and the systemd unit promise is what the code has."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from starting.image import ROOT, Dockerfile
from typer.main import get_command

from server.cli import app
from server.settings import Settings, variables

UNIT = ROOT / "packaging/systemd/sensorium.service"


@pytest.fixture(scope="module")
def file() -> Dockerfile:
    return Dockerfile.read(ROOT / "Dockerfile")


@pytest.fixture(scope="module")
def service() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["sensorium"]


def _options() -> set[str]:
    serve = getattr(get_command(app), "commands", {})["serve"]
    return {option for one in serve.params for option in one.opts}


def test_the_image_runs_the_command_as_nobody_s_user_with_its_memory_in_a_volume(file: Dockerfile) -> None:
    assert file.command[:2] == ["sensorium", "serve"]
    assert {one for one in file.command if one.startswith("--")} <= _options()
    assert file.user > 0
    assert file.all("VOLUME") == [file.variables["SENSORIUM_HOME"]]
    assert file.variables["SENSORIUM_HOME"] in " ".join(file.all("RUN")), "the user must own it"


def test_the_health_check_asks_the_port_that_is_listened_on_and_exposed(file: Dockerfile) -> None:
    [port] = file.all("EXPOSE")
    assert file.command[file.command.index("--port") + 1] == port
    assert f"127.0.0.1:{port}/healthz" in file.health[-1]


def test_the_last_stage_holds_no_compiler_and_no_package_manager_of_python(file: Dockerfile) -> None:
    assert "apt-get" not in " ".join(file.all("RUN"))
    [steps] = file.all("RUN", stage=0)
    assert steps.rstrip().endswith("pip uninstall --yes pip")


def test_what_is_copied_is_not_ignored_and_nothing_else_is_sent(file: Dockerfile) -> None:
    copied = {name for rest in file.all("COPY", stage=0) for name in rest.split()[:-1]}
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == sent
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_compose_gives_it_nothing_it_does_not_need(service: dict[str, Any], file: Dockerfile) -> None:
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert [volume.split(":")[1] for volume in service["volumes"]] == file.all("VOLUME")
    default = [re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", one) for one in service["command"]]
    assert default == list(file.command[1:])
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_compose_and_the_unit_set_what_there_is_to_set(service: dict[str, Any]) -> None:
    known = {name for field in Settings.model_fields for name in variables(field)}
    assert set(service["environment"]) <= known
    assert set(re.findall(r"^Environment=(\w+)=", UNIT.read_text(), re.MULTILINE)) <= known
    [command] = re.findall(r"^ExecStart=(.*)$", UNIT.read_text(), re.MULTILINE)
    assert set(re.findall(r"--[a-z-]+", command)) <= _options()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here")
def test_systemd_takes_the_unit_and_finds_it_little_exposed(tmp_path: Path) -> None:
    unit = tmp_path / "sensorium.service"
    unit.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text(), flags=re.MULTILINE))
    analyze = shutil.which("systemd-analyze") or pytest.fail("it was here")
    checked = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    judge = [analyze, "security", "--offline=yes", "--no-pager", unit]
    judged = subprocess.run(judge, capture_output=True, text=True, check=True).stdout
    [exposure] = re.findall(r"exposure level for .*: ([\d.]+)", judged)
    assert float(exposure) < 2
