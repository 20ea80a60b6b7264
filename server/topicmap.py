"""Topics as text a model or a person reads, and as facts."""

import json
from collections.abc import Sequence
from typing import Any

from memory.model import Segment
from memory.requests import Topic, TopicMap
from server.rendering import counted, label, quoted

SHOWN = 30
"""Topics that a reader takes in at once."""


def topics_text(found: TopicMap) -> list[str]:
    """The map as lines a model may read: what is remembered is quoted."""
    lines = [
        line
        for topic in found.topics
        for line in (size(topic, found), *quoted(words(topic)), *(f"   {one}" for one in examples(topic)))
    ]
    return [headline(found), *lines, *remarks(found)]


def headline(found: TopicMap) -> str:
    """How much there is."""
    total = counted(found.memories, "memory", "memories")
    if not found.topics:
        return f"{total}, and no topic: there are none until three memories are about the same."
    shown, all_ = len(found.topics), len(found.topics) + len(found.others)
    return f"{total}, {counted(all_, 'topic')}{f', the {shown} largest of them here' if shown < all_ else ''}."


def size(topic: Topic, found: TopicMap) -> str:
    """How many memories a topic has, and their share of all."""
    return f"{counted(topic.memories, 'memory', 'memories')} ({topic.memories / found.memories:.0%})"


def words(topic: Topic) -> str:
    """The words that tell of a topic, as they were remembered: to be quoted for a model."""
    return ", ".join(topic.words) or "(no words in common)"


def examples(topic: Topic) -> list[str]:
    """A line for each, quoted."""
    return [f"{one.id} {label(_said(one))}" for one in topic.examples]


def _said(segment: Segment) -> str:
    """What to know a memory by."""
    return segment.title or segment.text or segment.context or segment.name or f"{segment.modality}"


def remarks(found: TopicMap) -> Sequence[str]:
    """What is not shown, and why."""
    others, rest = len(found.others), sum(found.others)
    said = [
        f"{counted(others, 'more topic')} with {rest} memories: raise --limit of `sensorium topics`." if others else "",
        f"{counted(found.apart, 'memory is', 'memories are')} in no topic." if found.apart and found.topics else "",
        f"{found.pending} not embedded yet, and in no topic for that." if found.pending else "",
    ]
    return [*(one for one in said if one), *(f"Note: {note}." for note in found.notes)]


def facts(found: TopicMap) -> dict[str, Any]:
    """The map for programs."""
    return {
        "memories": found.memories,
        "topics": [
            {
                "words": list(topic.words),
                "memories": topic.memories,
                "share": round(topic.memories / found.memories, 4),
                "examples": [
                    {"id": one.id, "title": one.title, "says": json.loads(label(_said(one)))} for one in topic.examples
                ],
            }
            for topic in found.topics
        ],
        "others": {"topics": len(found.others), "memories": sum(found.others)},
        "apart": found.apart,
        "pending": found.pending,
        "notes": list(found.notes),
    }
