"""`sensorium topics`: what is remembered, by subject."""

import json
from datetime import UTC, datetime

import anyio
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from memory.model import SearchFilter
from memory.requests import TopicMap
from server.composition import open_backend
from server.principals import LOCAL
from server.printing import print_facts
from server.rendering import label
from server.settings import Settings
from server.topicmap import examples, facts, headline, remarks, size


def run_topics(settings: Settings, namespace: str, limit: int, *, as_json: bool) -> None:
    """Print the topics of the memory in the settings' folder; nothing in it is changed."""
    found = anyio.run(_found, settings, namespace, limit)
    console = Console()
    if as_json:
        print_facts(facts(found))
        return
    console.print(Text(headline(found)))
    for topic in found.topics:
        words = " ".join(json.loads(label(word)) for word in topic.words)
        console.print(Text(size(topic, found)), Text(words, style="bold"), sep="  ")
        console.print(Padding(Text("\n".join(examples(topic)), "dim", no_wrap=True, overflow="ellipsis"), (0, 0, 0, 3)))
    for remark in remarks(found):
        console.print(Text(remark))


async def _found(settings: Settings, namespace: str, limit: int) -> TopicMap:
    async with open_backend(settings, is_local=True) as backend:
        filters = SearchFilter(owner=LOCAL, now=datetime.now(UTC), namespace=namespace)
        return await backend.service.topics(filters, limit)
