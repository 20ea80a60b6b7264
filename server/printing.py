"""Facts printed for programs, by every command with `--json` alike."""

import json
import sys
from typing import Any

from rich.console import Console


def print_facts(facts: Any) -> None:
    """Print facts as JSON on stdout: on one line, and for a person at a terminal on many."""
    console, text = Console(), json.dumps(facts)
    if console.is_terminal:
        console.print_json(text)
    else:
        sys.stdout.write(f"{text}\n")
