"""JSON as lines that say where each value stands: `people[3].name: Ada`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

MAX_DEPTH = 200
"""Levels of nesting that are written out."""

# Objects are tuples of pairs, so that no repeated key is lost and each place is an index; arrays are lists.
Tree = Any


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that holds no others.

    Attributes:
        place: indexes that lead to it, from the outermost.
        under: the path of what holds it.
        line: its path and value.
    """

    place: tuple[int, ...]
    under: str
    line: str


def parsed(text: str) -> Tree | None:
    """JSON parsed, numbers as they are written; None where it is not JSON or deeper than `MAX_DEPTH`."""
    try:
        tree = json.loads(text, object_pairs_hook=tuple, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return (tree,) if _depth_fits(tree) else None


def leaves(root: Tree, after: Sequence[int] = ()) -> Iterator[Leaf]:
    """The leaves of what `parsed` gave, in order, that come after the place `after`."""
    tree: Tree = root[0]
    if not _is_open(tree):
        if not after:
            yield Leaf((), "", _scalar(tree))
        return
    stack = _stack_at(tree, after)
    while stack:
        holder, path, index = stack.pop()
        if index == len(holder):
            continue
        stack.append((holder, path, index + 1))
        value, inner = _member(holder, path, index)
        if _is_open(value):
            stack.append((value, inner, 0))
        else:
            yield Leaf(tuple(level[2] - 1 for level in stack), path, f"{inner}: {_scalar(value)}")


def _stack_at(tree: Tree, after: Sequence[int]) -> list[tuple[Tree, str, int]]:
    stack: list[tuple[Tree, str, int]] = []
    path = ""
    for index in after:
        stack.append((tree, path, index + 1))
        tree, path = _member(tree, path, index)
    return stack or [(tree, "", 0)]


def _member(holder: Tree, path: str, index: int) -> tuple[Tree, str]:
    if isinstance(holder, list):
        return cast("list[Tree]", holder)[index], f"{path}[{index}]"
    key, value = holder[index]
    return value, f"{path}.{key}" if path else key


def _is_open(value: Tree) -> bool:
    """Whether it holds others."""
    return isinstance(value, list | tuple) and bool(cast("Sequence[Tree]", value))


def _scalar(value: Tree) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value if value != () else {})


def _depth_fits(tree: Tree) -> bool:
    level: list[Tree] = [tree]
    for _ in range(MAX_DEPTH):
        level = [value for holder in level if _is_open(holder) for value in _values(holder) if _is_open(value)]
        if not level:
            return True
    return False


def _values(holder: Tree) -> list[Tree]:
    return cast("list[Tree]", holder) if isinstance(holder, list) else [value for _, value in holder]
