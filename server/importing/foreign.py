"""Files of other programs: the official memory server's knowledge graph, and the front matter of Markdown."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Literal, cast

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from memory.checks import MAX_LABEL_CHARS, require_text
from memory.errors import InvalidInputError, TooLargeError

MARKDOWN = frozenset({".md", ".markdown"})
"""Endings of files that may begin with front matter."""
GRAPHS = frozenset({".json", ".jsonl"})
"""Endings of files that may be a knowledge graph."""

_MATTER_CHARS = 65_536
_MATTER = re.compile(r"\ufeff?---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_DATES = ("date", "created", "created_at")


class _Plain(yaml.SafeLoader):
    """YAML without aliases, which make little text a lot."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):  # pyright: ignore[reportUnknownMemberType]  # typed in part
            raise yaml.YAMLError("front matter has no aliases")
        return super().compose_node(parent, index)


class _Entity(BaseModel):
    model_config = ConfigDict(strict=True)
    type: Literal["entity"] = "entity"
    name: str
    entityType: str  # noqa: N815  # as the file has it
    observations: list[str]


class _Relation(BaseModel):
    model_config = ConfigDict(strict=True)
    type: Literal["relation"] = "relation"
    source: str
    target: str
    relationType: str  # noqa: N815  # as the file has it

    @property
    def sentence(self) -> str:
        return f"{self.source} {self.relationType.replace('_', ' ')} {self.target}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A text that another program remembered.

    Attributes:
        where: the place in its file, for whoever looks for it.
    """

    where: str
    title: str
    text: str
    tags: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Graph:
    """What a file of the official memory server holds.

    Attributes:
        path: the file.
        damaged: what cannot be understood: its place, and why.
    """

    path: Path
    notes: list[Note] = field(default_factory=list[Note])
    damaged: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What a Markdown file says of itself before it begins."""

    title: str = ""
    tags: tuple[str, ...] = ()
    when: datetime | None = None


def graph_in(path: Path, max_bytes: int) -> Graph:
    """The notes of a knowledge graph: one for each entity, with its relations in both directions.

    A relation between two names that are no entities is a note of its own, so that nothing is lost.

    Source: `src/memory/index.ts` of @modelcontextprotocol/servers, 2026: JSON lines with a `type`, or
    the one object that its `read_graph` answers.

    Raises:
        InvalidInputError: the file cannot be read, or is none of these.
        TooLargeError: it is over `max_bytes`.
    """
    graph, entities, relations = Graph(path=path), list[tuple[str, _Entity]](), list[tuple[str, _Relation]]()
    for where, item in _items(_read(path, max_bytes), graph.damaged):
        try:
            match item:
                case {"type": "entity"}:
                    entities.append((where, _Entity.model_validate(item)))
                case {"type": "relation"}:
                    renamed = {**item, "source": item.get("from"), "target": item.get("to")}
                    relations.append((where, _Relation.model_validate(renamed)))
                case _:
                    graph.damaged.append(f"{where}: neither an entity nor a relation")
        except ValidationError as error:
            graph.damaged.append(f"{where}: {_said(error)}")
    if not entities and not relations and graph.damaged:
        raise InvalidInputError(
            f"{str(path)!r} is not a file of the official memory server: its lines are objects whose type is entity "
            "or relation. To remember the file as it is, import the folder it lies in."
        )
    graph.notes = [*_entity_notes(entities, relations), *_other_notes(entities, relations)]
    return graph


def front_matter(path: Path) -> Matter:
    """What the front matter of a Markdown file says: title, tags and date; nothing where it is damaged or not there."""
    try:
        with path.open(encoding="utf-8") as file:
            start = file.read(_MATTER_CHARS)
        found = _MATTER.match(start)
        fields: object = yaml.load(found[1], _Plain) if found else None  # noqa: S506  # as safe as its base
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return Matter()
    if not isinstance(fields, dict):
        return Matter()
    named = cast("dict[object, object]", fields).items()
    said = {key.lower(): value for key, value in named if isinstance(key, str)}
    return Matter(title=_label(said.get("title")), tags=_tags(said.get("tags")), when=_when(said))


def _read(path: Path, max_bytes: int) -> str:
    try:
        if path.stat().st_size > max_bytes:
            raise TooLargeError(f"{str(path)!r} is over {max_bytes // 2**20} MB; SENSORIUM_MAX_FILE_MB allows more")
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise InvalidInputError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{str(path)!r} is not text in UTF-8") from error


def _items(text: str, damaged: list[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Entities and relations with their places; the one object of `read_graph` is taken apart."""
    try:
        whole: object = json.loads(text)
    except (ValueError, RecursionError):
        whole = None
    if isinstance(whole, dict) and whole.keys() >= {"entities", "relations"}:
        yield from _parts(cast("dict[str, Any]", whole), damaged)
        return
    for number, line in enumerate(text.split("\n"), 1):
        try:
            item: object = json.loads(line) if line.strip() else None
        except (ValueError, RecursionError) as error:
            damaged.append(f"line {number}: not JSON: {error}")
            continue
        if isinstance(item, dict):
            yield f"line {number}", cast("dict[str, Any]", item)
        elif line.strip():
            damaged.append(f"line {number}: neither an entity nor a relation")


def _parts(whole: Mapping[str, Any], damaged: list[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for kind, name in (("entity", "entities"), ("relation", "relations")):
        items = whole[name] if isinstance(whole[name], list) else [whole[name]]
        for number, item in enumerate(items, 1):
            if isinstance(item, dict):
                yield f"{kind} {number}", {**cast("dict[str, Any]", item), "type": kind}
            else:
                damaged.append(f"{kind} {number}: no {kind}")


def _entity_notes(
    entities: Sequence[tuple[str, _Entity]], relations: Sequence[tuple[str, _Relation]]
) -> Iterator[Note]:
    about: dict[str, list[str]] = {}
    for _, relation in relations:
        for name in dict.fromkeys((relation.source, relation.target)):
            about.setdefault(name, []).append(relation.sentence)
    for where, entity in entities:
        lines = [entity.name, *entity.observations, *about.get(entity.name, [])]
        tags = (entity.entityType[:MAX_LABEL_CHARS],) if entity.entityType.strip() else ()
        yield Note(where=where, title=entity.name[:MAX_LABEL_CHARS], text="\n".join(lines), tags=tags)


def _other_notes(entities: Sequence[tuple[str, _Entity]], relations: Sequence[tuple[str, _Relation]]) -> Iterator[Note]:
    names = {entity.name for _, entity in entities}
    for where, relation in relations:
        if names.isdisjoint((relation.source, relation.target)):
            yield Note(where=where, title=relation.sentence[:MAX_LABEL_CHARS], text=relation.sentence)


def _label(value: object) -> str:
    label = " ".join(str(value).split())[:MAX_LABEL_CHARS] if isinstance(value, str | int | float | date) else ""
    try:
        return require_text(label, "front matter", MAX_LABEL_CHARS)
    except InvalidInputError:  # such as half a character
        return ""


def _tags(value: object) -> tuple[str, ...]:
    """Tags as a list, or as one text between commas or spaces; a `#` before one is not part of it."""
    if isinstance(value, str):
        value = re.split(r",\s*" if "," in value else r"\s+", value)
    if not isinstance(value, list):
        return ()
    tags = (_label(one).removeprefix("#") for one in cast("list[object]", value))
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _when(said: Mapping[str, object]) -> datetime | None:
    for name in _DATES:
        value = said.get(name)
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value.strip())
            except ValueError:
                continue
        if isinstance(value, datetime):
            return _aware(value)
        if isinstance(value, date):
            return datetime.combine(value, time(), UTC)
    return None


def _aware(moment: datetime) -> datetime | None:
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return None


def _said(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
