"""Token budgets: how much a text costs a model, and how to say the most within it."""

import math
import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate

from memory.terms import query_languages, query_terms

ELLIPSIS = "…"
_LEAST_TOKENS = 8
"""Fewer say nothing of a text that is longer."""
_SCANNED_CHARS = 20_000
"""How far into a text the question's words are looked for; what is shown of a hit is far shorter."""
_HEAD_TOKENS = 200
"""What the lines above each of many things shown may cost; those above few may cost more."""
_LITTLE_TOKENS = 16
"""What must be left for what a thing says, for its head to be worth showing."""

_LETTERS, _DIGITS = re.compile("[A-Za-z]+"), re.compile("[0-9]+")
_MARKS = re.compile(r"\n+|[\x00-\x08\x0b-\x1f\x7f!-/:-@\[-`{-~]")
_ALPHABETIC, _OTHERS = re.compile("[\x80-\u08ff]"), re.compile("[\u0900-\U0010ffff]")


def tokens(text: str) -> int:
    """A cautious estimate of a text's tokens, never more for a text than for its pieces together.

    A word of ASCII letters costs one for every six, a number one for every three digits, each mark one, so that ids,
    paths and tables are not taken for prose; line ends in a row cost one. Of other letters, those of alphabets
    cost one for two, and all after them, which begin with Devanagari, one each.
    Source: `benchmarks/context.py`, o200k_base, 2026-11: 0.95 to 1.4 times the tokens of notes in nine languages, code,
    Markdown, JSON, logs and paths, as medians of each.
    """
    words = sum(-(-len(run) // 6) for run in _LETTERS.findall(text))
    numbers = sum(-(-len(run) // 3) for run in _DIGITS.findall(text))
    marks = len(_MARKS.findall(text))
    if text.isascii():
        return words + numbers + marks
    alphabetic = len(_ALPHABETIC.findall(text))
    return words + numbers + marks + math.ceil(alphabetic / 2) + len(_OTHERS.findall(text))


def lines_cost(lines: Sequence[str]) -> int:
    """At most what these lines add to a text, their line ends included."""
    return tokens("".join(f"{line}\n" for line in lines))


def excerpt(text: str, query: str, max_tokens: int, cost: Callable[[str], int] = tokens) -> str:
    """The text within `max_tokens`: the whole, or the window with most of the query's words.

    `cost` is what a text costs as it will be printed. White space at the end is left out.
    """
    text = text.rstrip()
    whole = cost(text)
    if whole <= max_tokens:
        return text
    if max_tokens < _LEAST_TOKENS:
        return ""
    width = max(1, len(text) * max_tokens // whole)
    languages = query_languages(query)
    wanted = set(query_terms(query, languages))
    start = _best_start(text[:_SCANNED_CHARS], wanted, languages, width) if wanted else 0
    lengths = range(1, min(len(text) - start, 4 * max_tokens) + 1)
    return _window(text, start, bisect_right(lengths, max_tokens, key=lambda n: cost(_window(text, start, n))))


def _window(text: str, start: int, length: int) -> str:
    cut = text[start : start + length].strip()
    return f"{ELLIPSIS if start else ''}{cut}{ELLIPSIS if start + length < len(text) else ''}" if cut else ""


def _best_start(text: str, wanted: set[str], languages: tuple[str, ...], width: int) -> int:
    """Where the window with most different words of the question begins, the first of equals."""
    words = re.finditer(r"\w+", text)
    found = ((word.start(), wanted.intersection(query_terms(word[0], languages))) for word in words)
    marks = [(place, shared) for place, shared in found if shared]
    starts = [0, *(max(0, min(place - width // 5, len(text) - width)) for place, _ in marks)]
    return max(starts, key=lambda start: (_different(marks, start, width), -start))


def _different(marks: Sequence[tuple[int, set[str]]], start: int, width: int) -> int:
    inside = (shared for place, shared in marks if start <= place < start + width)
    return len(set[str]().union(*inside))


def shares(wants: Sequence[int], budget: int) -> list[int]:
    """Divide a budget among wants: small ones are met, and what they leave is split evenly."""
    given = [0] * len(wants)
    left = max(budget, 0)
    for met, place in enumerate(sorted(range(len(wants)), key=wants.__getitem__)):
        given[place] = min(wants[place], left // (len(wants) - met))
        left -= given[place]
    return given


def room_for_head(room: int, count: int) -> int:
    """What the lines above one of `count` things shown may cost: never more than what they are about."""
    return min(room // 2, max(_HEAD_TOKENS, room // 2 // max(count, 1)))


def spared(
    said: Mapping[str, str],
    spare_first: Sequence[str],
    printed: Callable[[Mapping[str, str]], list[str]],
    room: int,
) -> list[str]:
    """What is said as lines, without as many of the names in `spare_first` as it takes to fit."""
    kept = {name: text for name, text in said.items() if text}
    for name in spare_first:
        if lines_cost(printed(kept)) <= room:
            break
        kept.pop(name, None)
    return printed(kept)


def fitting(heads: Sequence[int], wants: Sequence[int], room: int) -> int:
    """How many of these things fit with their heads and a little of what they say; at least one."""
    needs = (head + min(want, _LITTLE_TOKENS) for head, want in zip(heads, wants, strict=True))
    return max(1, sum(total <= room for total in accumulate(needs)))


def fitted(lines: Sequence[str], room: int) -> list[str]:
    """The first of these lines that fit; the one that overflows is cut, those after it are left out."""
    kept: list[str] = []
    for line in lines:
        left = room - lines_cost(kept)
        if lines_cost([line]) > left:
            cut = excerpt(" ".join(line.split()), "", left, lambda text: lines_cost([text]))
            return [*kept, cut] if cut else kept
        kept.append(line)
    return kept
