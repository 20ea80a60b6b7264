"""An S3 service on this machine, and the installed server as one of several on a bucket of it."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from thirdparty.environments import Environment

_EMULATOR = Environment("s3")
_STARTS_S = 60.0


@dataclass(frozen=True, slots=True)
class Service:
    """A service that listens.

    Attributes:
        endpoint: its address.
    """

    endpoint: str

    def bucket(self, name: str) -> str:
        """The address of a folder in a new bucket."""
        with urllib.request.urlopen(urllib.request.Request(f"{self.endpoint}/{name}", method="PUT")):  # noqa: S310
            return f"s3://{name}/memories"

    @property
    def variables(self) -> dict[str, str]:
        """What a process needs to reach it, as for any S3-compatible service."""
        return {
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ALLOW_HTTP": "true",
        }


@contextmanager
def listening(log: Path) -> Generator[Service]:
    """moto's server, from PyPI, in an environment of its own."""
    _EMULATOR.install()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(_EMULATOR.python), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output, env=_plain()) as process:
        try:
            service = Service(f"http://127.0.0.1:{port}")
            _wait_for(service, process)
            yield service
        finally:
            process.kill()


def _plain() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def _wait_for(service: Service, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _STARTS_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(service.endpoint):  # noqa: S310
                return
        except urllib.error.URLError:
            time.sleep(0.2)
    raise RuntimeError("the S3 service did not start; its log says why")
