"""How this installation is started by others."""

import re
import shutil
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from memory.errors import ConfigurationError, InvalidInputError


def own_command() -> str:
    """The absolute path of the installed `sensorium` script.

    Raises:
        ConfigurationError: there is none that lasts.
    """
    script = shutil.which("sensorium", path=sysconfig.get_path("scripts")) or shutil.which("sensorium")
    if script is None:
        raise ConfigurationError("The `sensorium` script is not on this machine's path: give it with --command.")
    if _is_passing(Path(sys.prefix)):
        raise ConfigurationError(
            "This sensorium runs from a cache that is emptied now and then: install it first, such as with "
            "`uv tool install sensorium`, or give --command uvx --arg sensorium."
        )
    return str(Path(script).absolute())


def variables_from(assignments: Sequence[str]) -> dict[str, str]:
    """Environment variables written as KEY=VALUE.

    Raises:
        InvalidInputError: one is not.
    """
    pairs = [assignment.partition("=") for assignment in assignments]
    for name, equals, _ in pairs:
        if not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise InvalidInputError(f"--env {name!r} does not say which variable has which value: write KEY=VALUE.")
    return {name: value for name, _, value in pairs}


def _is_passing(prefix: Path) -> bool:
    """Whether an environment is one that uvx or `pipx run` made for the moment."""
    return any(re.fullmatch(r"(archive|environments)-v\d+", part) for part in prefix.parts) or (
        "pipx" in prefix.parts and "cache" in {part.lstrip(".").lower() for part in prefix.parts}
    )
