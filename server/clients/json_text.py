"""One entry put into, and taken out of, JSON written by hand: comments, order and layout of the rest stay.

Comments and trailing commas are blanked out for reading, so that places in what is read are places in the text.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

_STRING = r'"(?:[^"\\]|\\.)*"'
_COMMENTS = re.compile(rf"{_STRING}|//[^\r\n]*|/\*.*?\*/", re.DOTALL)
_TRAILING_COMMAS = re.compile(rf"{_STRING}|,(?=\s*[}}\]])", re.DOTALL)
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    key: str
    start: int
    value: int
    end: int


def read(text: str) -> Any:
    """What the text says; nothing at all is an empty object.

    Raises:
        ValueError: it is not JSON.
    """
    plain = _plain(text)
    try:
        return json.loads(plain) if plain.strip() else {}
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def put(text: str, section: str, name: str, entry: dict[str, Any]) -> str:
    """The text with the entry in its section, in place of the one there was under that name."""
    text = text if _plain(text).strip() else f"{text.rstrip()}\n{{}}\n".lstrip("\n")
    plain = _plain(text)
    root = plain.index("{")
    holder = _find(plain, root, section)
    if holder is None:
        return _added(text, root, section, {name: entry}, 1)
    there = _find(plain, holder.value, name)
    if there is None:
        return _added(text, holder.value, name, entry, 2)
    return text[: there.value] + _dumped(entry, _indent(text), 2) + text[there.end :]


def drop(text: str, section: str, name: str) -> str:
    """The text without the entry, and without its section where nothing is left in it."""
    root = _plain(text).index("{")
    holder = _find(_plain(text), root, section)
    if holder is None or _find(_plain(text), holder.value, name) is None:
        return text
    cut = _cut(text, holder.value, name)
    rest, closing = _members(_plain(cut), holder.value)
    if rest or cut[holder.value + 1 : closing].strip():
        return cut
    return _cut(text, root, section)


def _added(text: str, opening: int, key: str, value: dict[str, Any], depth: int) -> str:
    members, closing = _members(_plain(text), opening)
    inner = text[opening + 1 : closing]
    content_end = opening + 1 + len(inner.rstrip())
    after = text[content_end:closing]
    if members and "\n" not in inner:
        added = f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
    else:
        indent = _indent(text)
        added = f"\n{indent * depth}{json.dumps(key)}: {_dumped(value, indent, depth)}"
        after = after if "\n" in after else f"\n{indent * (depth - 1)}"
    if not members:
        return text[:content_end] + added + after + text[closing:]
    end = members[-1].end
    before, between = text[:end], text[end:content_end]
    if _comma_after(text, end) is None:
        return f"{before},{between}{added}{after}{text[closing:]}"
    return f"{before}{between}{added},{after}{text[closing:]}"


def _cut(text: str, opening: int, key: str) -> str:
    members, closing = _members(_plain(text), opening)
    place = max(index for index, member in enumerate(members) if member.key == key)
    member = members[place]
    before, after = text[opening + 1 : member.start], text[member.end : closing]
    comma = _comma_after(text, member.end)
    if comma is not None:
        after = text[member.end : comma] + text[comma + 1 : closing]
    elif place:
        comma = _comma_after(text, members[place - 1].end)
        before = before if comma is None else text[opening + 1 : comma] + text[comma + 1 : member.start]
    kept = before.rstrip()
    if after.lstrip(" \t").startswith("\n") or "\n" not in before[len(kept) :]:
        before = kept  # else a line comment would swallow what follows
    inner = before + after
    return text[: opening + 1] + (inner if inner.strip() else "") + text[closing:]


def _members(plain: str, opening: int) -> tuple[list[_Member], int]:
    members: list[_Member] = []
    at = _past_blank(plain, opening + 1)
    while plain[at] != "}":
        key, key_end = _DECODER.raw_decode(plain, at)
        value = _past_blank(plain, _past_blank(plain, key_end) + 1)
        end = _DECODER.raw_decode(plain, value)[1]
        members.append(_Member(key=key, start=at, value=value, end=end))
        at = _past_blank(plain, end)
        at = _past_blank(plain, at + 1) if plain[at] == "," else at
    return members, at


def _find(plain: str, opening: int, key: str) -> _Member | None:
    return next((member for member in reversed(_members(plain, opening)[0]) if member.key == key), None)


def _comma_after(text: str, at: int) -> int | None:
    bare = _without_comments(text)
    at = _past_blank(bare, at)
    return at if bare[at] == "," else None


def _past_blank(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at


def _without_comments(text: str) -> str:
    return _COMMENTS.sub(lambda found: found[0] if found[0][0] == '"' else re.sub(r"[^\n]", " ", found[0]), text)


def _plain(text: str) -> str:
    return _TRAILING_COMMAS.sub(lambda found: found[0] if found[0][0] == '"' else " ", _without_comments(text))


def _indent(text: str) -> str:
    first = re.search(r'^[ \t]+(?=")', text, re.MULTILINE)
    return first[0] if first else "  "


def _dumped(value: dict[str, Any], indent: str, depth: int) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent).replace("\n", "\n" + indent * depth)
