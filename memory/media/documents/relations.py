"""How the parts of an Office Open XML package refer to each other."""

import posixpath
from collections.abc import Mapping

from memory.media.documents.markup import children, parsed
from memory.media.documents.packages import Package

DOCUMENT = "officeDocument"
"""The kind of the relation that leads to the main part."""

Relations = Mapping[str, tuple[str, str]]
"""From a relation's id to its kind, the last word of its type, and the part it leads to."""


def relations(package: Package, part: str) -> Relations:
    """What `part` refers to within the package, empty where it refers to nothing; `""` is the package.

    Raises:
        UndecodableError: the list of relations is damaged.

    Source: ECMA-376-2:2021, Office Open XML File Formats, part 2, 6.5 Relationships.
    """
    folder, name = posixpath.split(part)
    listing = posixpath.join(folder, "_rels", f"{name}.rels")
    if listing not in package:
        return {}
    return {
        entry.get("Id"): (entry.get("Type", "").rpartition("/")[2], _target(folder, entry.get("Target", "")))
        for entry in children(parsed(package.read(listing)), "Relationship")
        if entry.get("TargetMode") != "External"
    }


def related(package: Package, part: str, kind: str) -> list[str]:
    """The parts of one kind that `part` refers to and that exist, in order.

    Raises:
        UndecodableError: as `relations`.
    """
    return [target for found, target in relations(package, part).values() if found == kind and target in package]


def _target(folder: str, target: str) -> str:
    return posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
