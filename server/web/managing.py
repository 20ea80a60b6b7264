"""`sensorium token add|list|revoke`: who may use this memory over HTTP."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from server.arguments import moment
from server.printing import print_facts
from server.settings import Settings
from server.web.tokens import TokenEntry, TokenFile, entries_of, new_token


def add_token(
    settings: Settings, name: str, scopes: Sequence[str], expires: str, *, print_only: bool, as_json: bool
) -> None:
    """Make a token and print it, once; what is kept of it does not let anybody in.

    Raises:
        InvalidInputError: the name, a scope or the time cannot be used.
        ConfigurationError: the file of tokens cannot be changed.
    """
    token, entry = new_token(name, scopes, moment(expires, "expires", ahead=True), datetime.now(UTC))
    if not print_only:
        TokenFile(settings.home).add(entry)
    if as_json:
        print_facts({**_facts(entry, is_kept=not print_only), "token": token, "variable": entry.as_variable})
        return
    sys.stdout.write(f"{token}\n")
    note = f"SENSORIUM_TOKENS={entry.as_variable}" if print_only else f"it owns what {name!r} remembers"
    sys.stderr.write(f"Keep it now: it is not shown again. {note}\n")


def list_tokens(settings: Settings, *, as_json: bool) -> None:
    """Print which tokens there are; never a token or its hash.

    Raises:
        ConfigurationError: the tokens cannot be read.
    """
    kept = TokenFile(settings.home).entries()
    entries = (*entries_of(settings.tokens.get_secret_value()), *kept)
    if as_json:
        print_facts([_facts(entry, is_kept=entry in kept) for entry in entries])
        return
    table = Table("name", "id", "may", "made", "expires", "from", box=None, pad_edge=False)
    for entry in entries:
        facts = _facts(entry, is_kept=entry in kept)
        row = [
            facts["name"],
            facts["id"],
            ", ".join(facts["scopes"]),
            facts["created"],
            facts["expires"],
            facts["from"],
        ]
        table.add_row(*(value or "-" for value in row))
    Console().print(table if entries else "no tokens: `sensorium token add NAME` makes one")


def revoke_token(settings: Settings, named: str, *, as_json: bool) -> None:
    """Let those of a name, or the one of an id, in no more: servers that run see it at once.

    Raises:
        NotFoundError: there is none.
        ConfigurationError: the file of tokens cannot be changed.
    """
    revoked = TokenFile(settings.home).revoke(named)
    if as_json:
        print_facts([{"name": entry.name, "id": entry.id} for entry in revoked])
        return
    for entry in revoked:
        sys.stdout.write(f"revoked {entry.name} {entry.id}\n")


def _facts(entry: TokenEntry, *, is_kept: bool) -> dict[str, Any]:
    return {
        "name": entry.name,
        "id": entry.id,
        "scopes": list(entry.scopes),
        "created": _day(entry.created) if entry.created else "",
        "expires": _day(entry.expires) if entry.expires else "",
        "from": "the store" if is_kept else "SENSORIUM_TOKENS",
    }


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
