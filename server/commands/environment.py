"""What commands are run with."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.settings import Settings


def settings() -> "Settings":
    """What the user has set.

    Raises:
        ConfigurationError: a variable cannot be used.
    """
    from server.settings import read_settings  # noqa: PLC0415  # kept out of --help

    return read_settings()
