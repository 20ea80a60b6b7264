"""One entry put into, and taken out of, TOML written by hand: the rest stays as it is, comments and all."""

import json
import re
import tomllib
from itertools import pairwise
from typing import Any, cast

_HEADER = re.compile(r"^[ \t]*\[", re.MULTILINE)


def read(text: str) -> Any:
    """What the text says.

    Raises:
        ValueError: it is not TOML.
    """
    return tomllib.loads(text)


def put(text: str, section: str, name: str, entry: dict[str, Any]) -> str:
    """The text with the entry as its last table, in place of the one there was under that name."""
    text = drop(text, section, name)
    if text:
        text = text + ("\n" if text.endswith("\n") else "\n\n")
    lines = "".join(f"{_key(key)} = {_value(value)}\n" for key, value in entry.items())
    return f"{text}[{_key(section)}.{_key(name)}]\n{lines}"


def drop(text: str, section: str, name: str) -> str:
    """The text without the entry's table and the tables below it."""
    own = re.compile(rf"[ \t]*\[\s*{_any_quotes(section)}\s*\.\s*{_any_quotes(name)}\s*[\].]")
    starts = [found.start() for found in _HEADER.finditer(text)]
    kept = text[: starts[0]] if starts else text
    for start, end in pairwise([*starts, len(text)]):
        table = text[start:end]
        if own.match(table):
            kept = (kept[:-1] if kept.endswith("\n\n") else kept) + _after(table)
        else:
            kept += table
    return kept


def _after(table: str) -> str:
    """The comments and blank lines below a table, which belong to what follows."""
    lines = table.splitlines(keepends=True)
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    return table[sum(map(len, lines)) :]


def _any_quotes(key: str) -> str:
    return rf"""(?:"{re.escape(key)}"|'{re.escape(key)}'|{re.escape(key)})"""


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)


def _value(value: object) -> str:
    match value:
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case bool():
            return str(value).lower()
        case list():
            return f"[{', '.join(map(_value, cast('list[object]', value)))}]"
        case dict():
            pairs = cast("dict[str, object]", value).items()
            return "{ " + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in pairs) + " }"
        case _:
            return str(value)
