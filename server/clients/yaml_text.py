"""One entry put into, and taken out of, YAML written by hand: the rest stays as it is, comments and all."""

import json
from textwrap import indent
from typing import Any, cast

import yaml

Pair = tuple[yaml.ScalarNode, yaml.Node]


def read(text: str) -> Any:
    """What the text says; nothing at all is an empty mapping.

    Raises:
        ValueError: it is not YAML.
    """
    try:
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ValueError(f"{error.problem}{line}") from error
    except yaml.YAMLError as error:
        raise ValueError("a character in it is none of text") from error
    return {} if data is None else data


def put(text: str, section: str, name: str, entry: dict[str, Any]) -> str:
    """The text with the entry as the first of its section, in place of the one there was under that name."""
    text = drop(text, section, name)
    pairs = _pairs(_root(text))
    if section not in pairs:
        ended = text if not text or text.endswith("\n") else text + "\n"
        return f"{ended}{section}:\n{_dumped(name, entry, 2)}\n"
    key, value = pairs[section]
    if _pairs(value):
        return _put_first(text, key, value, name, entry)
    start, end = value.start_mark.index, value.end_mark.index
    return f"{text[:start].rstrip(' ')}\n{_dumped(name, entry, 2)}{text[end:]}"


def drop(text: str, section: str, name: str) -> str:
    """The text without the entry, and without its section where nothing else is in it."""
    root = _root(text)
    holder = _pairs(root).get(section)
    if holder is None or name not in _pairs(holder[1]):
        return text
    start, end = _span(text, holder[1], name)
    cut = text[:start] + text[end:]
    if len(_pairs(holder[1])) > 1:
        return cut
    if _is_flow(holder[1]):
        start, end = _span(text, root, section)
        return text[:start] + text[end:]
    header = _line_start(text, holder[0].start_mark.index)
    return cut[:header] + cut[_line_end(text, holder[0].end_mark.index) :]


def _put_first(text: str, key: yaml.Node, value: yaml.Node, name: str, entry: dict[str, Any]) -> str:
    if _is_flow(value):
        at = value.start_mark.index + 1
        return f"{text[:at]}{json.dumps(name)}: {json.dumps(entry)}, {text[at:]}"
    at = _line_end(text, key.end_mark.index)
    return f"{text[:at]}{_dumped(name, entry, value.start_mark.column)}\n{text[at:]}"


def _span(text: str, mapping: yaml.Node | None, name: str) -> tuple[int, int]:
    pairs = list(_pairs(mapping).values())
    place = next(index for index, (key, _) in enumerate(pairs) if key.value == name)
    key, value = pairs[place]
    if not _is_flow(mapping):
        return _line_start(text, key.start_mark.index), _content_end(text, value)
    if place + 1 < len(pairs):
        return key.start_mark.index, pairs[place + 1][0].start_mark.index
    return pairs[place - 1][1].end_mark.index if place else key.start_mark.index, value.end_mark.index


def _content_end(text: str, node: yaml.Node) -> int:
    """Where the line after the last of a node begins; the end mark of a block lies behind comments that follow."""
    while isinstance(node, yaml.CollectionNode) and node.value and not _is_flow(node):
        last: Any = node.value[-1]
        node = cast("yaml.Node", last[1] if isinstance(last, tuple) else last)
    mark = node.end_mark
    return mark.index if mark.column == 0 else _line_end(text, mark.index)


def _root(text: str) -> yaml.Node | None:
    return yaml.SafeLoader(text).get_single_node()


def _pairs(node: yaml.Node | None) -> dict[str, Pair]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {key.value: (key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}


def _is_flow(node: yaml.Node | None) -> bool:
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _dumped(name: str, entry: dict[str, Any], column: int) -> str:
    dumped = yaml.safe_dump({name: entry}, sort_keys=False, allow_unicode=True, width=10**6)
    return indent(dumped, " " * column).rstrip("\n")
