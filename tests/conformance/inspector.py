"""The Inspector as a client of its own: the product's lists, with `--strict`, and a call of each tool."""

import json
import os
import subprocess
from typing import Any

from conformance.node import FOLDER, INSPECTOR

ERAS = ("legacy", "modern")
_LISTS = (
    ("tools/list", "--strict"),
    ("resources/list",),
    ("resources/templates/list",),
    ("prompts/list",),
    ("resources/read", "--uri", "memory://status"),
    ("prompts/get", "--prompt-name", "what_do_you_know", "--prompt-args", "topic=tea"),
)


def inspect(url: str, era: str) -> tuple[int, list[str]]:
    """How many calls were made in an era of the protocol, and what was found."""
    inspection = _Inspection(url, era)
    for method, *options in _LISTS:
        inspection.call(method, *options)
    kept = inspection.tool("remember", text=f"The kettle of the {era} era is blue.")
    inspection.tool("recall", query="What colour is the kettle?")
    inspection.tool("forget", ids=[kept.get("structuredContent", {}).get("id")])
    return inspection.calls, inspection.findings


class _Inspection:
    def __init__(self, url: str, era: str) -> None:
        self._command = (*INSPECTOR, "--server-url", url, "--protocol-era", era, "--format", "json")
        self.calls = 0
        self.findings: list[str] = []

    def tool(self, name: str, **arguments: Any) -> dict[str, Any]:
        return self.call("tools/call", "--tool-name", name, "--tool-args-json", json.dumps(arguments))

    def call(self, method: str, *options: str) -> dict[str, Any]:
        """The result; anything on stderr is a finding, as is any exit code but 0."""
        environment = {**os.environ, "HOME": str(FOLDER)}  # where it keeps what it knows of servers
        command = [*self._command, "--method", method, *options]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        self.calls += 1
        if done.returncode or done.stderr.strip():
            self.findings.append(f"{' '.join((method, *options))}: exit code {done.returncode}: {done.stderr.strip()}")
        return json.loads(done.stdout)["result"] if done.stdout else {}
