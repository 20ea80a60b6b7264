"""XML of packaged documents as elements, without entities, network or unbounded depth."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Protocol, cast

from memory.errors import UndecodableError


class Element(Protocol):
    """An lxml element, as far as it is used."""

    @property
    def tag(self) -> object:
        """Its name as `{namespace}name`; no text for entities and the like."""
        ...

    @property
    def text(self) -> str | None:
        """What stands before its first child."""
        ...

    @property
    def tail(self) -> str | None:
        """What stands behind it."""
        ...

    @property
    def attrib(self) -> Mapping[str, str]:
        """Its attributes by `{namespace}name`."""
        ...

    def __iter__(self) -> "Iterator[Element]": ...
    def get(self, key: str, default: str = "") -> str:
        """The attribute's value."""
        ...

    def iter(self, *tags: str) -> "Iterator[Element]":
        """This element and those below it, in document order."""
        ...

    def find(self, path: str) -> "Element | None":
        """The first match below."""
        ...


def parsed(data: bytes) -> Element:
    """The root of an XML document; what is damaged is mended where it can be.

    Entities are not expanded, nothing is fetched, and nesting ends at 256 levels.

    Raises:
        UndecodableError: nothing of it is XML, or its entities would grow without bound.
    """
    return _root(data, html=False)


def parsed_page(data: bytes) -> Element:
    """The root of an XHTML or HTML page, read as a browser would; limits as `parsed`.

    Raises:
        UndecodableError: nothing is on it.
    """
    return _root(data, html=True)


def local(element: Element) -> str:
    """The element's name without its namespace; empty for comments, entities and the like."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: Element, name: str) -> str:
    """The value of the attribute called `name` in whatever namespace; empty where there is none."""
    found = (value for key, value in element.attrib.items() if key.rpartition("}")[2] == name)
    return next(found, "")


def children(element: Element, name: str) -> Iterator[Element]:
    """The direct children called `name` in whatever namespace."""
    return (child for child in element if local(child) == name)


def child(element: Element, *path: str) -> Element | None:
    """The first child of that name, its first child of the next name, and so on."""
    found: Element | None = element
    for name in path:
        found = None if found is None else next(children(found, name), None)
    return found


def descendants(element: Element, name: str) -> Iterator[Element]:
    """The elements called `name`, in whatever namespace, in document order."""
    return element.iter("{*}" + name)


def _root(data: bytes, *, html: bool) -> Element:
    library = cast("Any", import_module("lxml.etree"))  # native and without types: only once needed
    parser = (
        library.HTMLParser(no_network=True, recover=True, remove_comments=True, encoding=_declared(data))
        if html
        else library.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True, remove_comments=True
        )
    )
    try:
        root = library.fromstring(data, parser)
    except (library.LxmlError, ValueError, LookupError) as error:
        raise UndecodableError("The document's XML is damaged: save or export it again and retry") from error
    if root is None:
        raise UndecodableError("The document's XML is damaged or empty: save or export it again and retry")
    return cast("Element", root)


def _declared(data: bytes) -> str | None:
    """UTF-8 where the bytes are it: without a declaration libxml2 would take Latin-1."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"
