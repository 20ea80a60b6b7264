"""The definitions of a source file: functions, classes and their like, by tree-sitter."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

PARSE_S = 1.5
"""CPU seconds after which parsing is best given up."""
SIGNATURE_CHARS = 120
"""The length no heading of a definition exceeds."""

_MEMBERS_ABOVE_BYTES = 1_000  # what is shorter stays one piece
_MAX_DEPTH = 24
_ERROR_SHARE = 0.5
_GRAMMARS = {
    "text/x-python": (("tree_sitter_python", "language"),),
    "text/javascript": (("tree_sitter_javascript", "language"),),
    "text/x-typescript": (
        ("tree_sitter_typescript", "language_typescript"),
        ("tree_sitter_typescript", "language_tsx"),
    ),
    "text/x-java": (("tree_sitter_java", "language"),),
    "text/x-go": (("tree_sitter_go", "language"),),
    "text/x-rust": (("tree_sitter_rust", "language"),),
    # A header's name does not tell C from C++.
    "text/x-c": (("tree_sitter_c", "language"), ("tree_sitter_cpp", "language")),
    "text/x-c++": (("tree_sitter_cpp", "language"),),
    "text/x-csharp": (("tree_sitter_c_sharp", "language"),),
    "text/x-ruby": (("tree_sitter_ruby", "language"),),
    "text/x-php": (("tree_sitter_php", "language_php"),),
    "text/x-shellscript": (("tree_sitter_bash", "language"),),
    "text/x-kotlin": (("tree_sitter_kotlin", "language"),),
    "text/x-swift": (("tree_sitter_swift", "language"),),
    "text/x-scala": (("tree_sitter_scala", "language"),),
    "text/x-lua": (("tree_sitter_lua", "language"),),
}
# Node types of all these grammars together: no name means one thing here and another there.
_DEFINITION = re.compile(
    r"(?:abstract_)?(?:function|generator_function|class|interface|enum|struct|record|trait|protocol|object|method|"
    r"constructor|destructor|annotation_type|type_alias|type|namespace|property|init|deinit|secondary_constructor)"
    r"_(?:declaration|definition|item|specifier)"
    r"|(?:impl|mod|union)_item|union_specifier|macro_definition|(?:given|extension)_definition|internal_module"
    r"|companion_object|(?:singleton_)?(?:method|class)|module"
)
_WRAPPER = frozenset(
    {
        *("decorated_definition", "export_statement", "template_declaration", "ambient_declaration", "pair"),
        *("lexical_declaration", "variable_declaration", "variable_declarator", "expression_statement"),
        *("assignment_expression", "public_field_definition", "field_definition", "assignment_statement"),
        "expression_list",
    }
)
_FUNCTION_VALUE = frozenset({"arrow_function", "function_expression", "generator_function", "class"})
_ANNOTATIONS = re.compile(r"(?:(?:@[\w.:]+(?:\([^()]*\))?|#?\[[^\]]*\])\s*)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A function, class or the like, with the comments and decorators right above it.

    Attributes:
        first: its first line, from 0.
        last: its last line, included.
        heading: its signature on one line, at most `SIGNATURE_CHARS` long.
        members: the definitions in it, in order; none for a short one.
    """

    first: int
    last: int
    heading: str
    members: tuple["Definition", ...]


def definitions(text: str, mime: str, *, max_s: float = PARSE_S) -> tuple[Definition, ...] | None:
    """The outermost definitions of source code of type `mime`, in order.

    None where there is no grammar for it on this machine, parsing takes over `max_s` CPU seconds, or more
    than half of it cannot be parsed.
    """
    source = text.encode()
    until = time.process_time() + max_s
    trees = [tree for grammar in _GRAMMARS.get(mime, ()) if (tree := _tree(source, grammar, until))]
    if not trees:
        return None
    best = min(trees, key=lambda tree: _error_bytes(tree.root_node))
    if _error_bytes(best.root_node) > _ERROR_SHARE * len(source):
        return None
    return tuple(_members(best.root_node, source, 0))


def _tree(source: bytes, grammar: tuple[str, str], until: float) -> "Tree | None":
    try:
        from tree_sitter import Language, Parser  # noqa: PLC0415  # has no wheel for every platform

        language = Language(cast("object", getattr(import_module(grammar[0]), grammar[1])()))
    except (ImportError, AttributeError, ValueError):  # absent, or of another generation of the format
        return None
    try:
        return Parser(language).parse(
            lambda at, _point: source[at : at + 65_536],
            progress_callback=lambda _at, _has_error: time.process_time() > until,
        )
    except ValueError:  # given up
        return None


def _error_bytes(root: "Node") -> int:
    found, nodes = 0, [root]
    while nodes:
        node = nodes.pop()
        if node.is_error:
            found += node.end_byte - node.start_byte
        elif node.has_error:
            nodes += node.children
    return found


def _members(parent: "Node", source: bytes, depth: int) -> Iterator[Definition]:
    lead, above, before = 0, -1, -1  # where the comments right above begin; the line after them; the last line so far
    for node in parent.named_children:
        first, last = node.start_point.row, _last_line(node)
        if "comment" in node.type or node.type.startswith("attribute"):
            if first > before:
                lead, above = (lead if above == first else first), last + 1
        else:
            yield from _found(node, lead if above == first else first, source, depth)
            before, above = last, -1


def _found(node: "Node", first: int, source: bytes, depth: int) -> Iterator[Definition]:
    if depth > _MAX_DEPTH:
        return
    if _DEFINITION.fullmatch(node.type):
        yield _definition(node, first, source, depth)
    elif node.type in _WRAPPER:
        for child in node.named_children:
            if child.type in _FUNCTION_VALUE:
                yield _definition(child, first, source, depth)
            else:
                yield from _found(child, first, source, depth + 1)
    elif node.end_point.row > node.start_point.row:
        yield from _members(node, source, depth + 1)


def _definition(node: "Node", first: int, source: bytes, depth: int) -> Definition:
    is_long = node.end_byte - node.start_byte > _MEMBERS_ABOVE_BYTES
    return Definition(
        first=first,
        last=_last_line(node),
        heading=_signature(node, source),
        members=tuple(_members(node, source, depth + 1)) if is_long else (),
    )


def _last_line(node: "Node") -> int:
    row, column = node.end_point
    return row - 1 if column == 0 and row > node.start_point.row else row


def _signature(node: "Node", source: bytes) -> str:
    """What stands before the body, from the line's first word on, without annotations."""
    line = source.rfind(b"\n", 0, node.start_byte) + 1
    start = line if node.start_byte - line < SIGNATURE_CHARS else node.start_byte
    end = next((child.start_byte for child in node.children if _is_inner(node, child)), None)
    said = source[start : node.end_byte if end is None else end][:2_000].decode(errors="ignore")
    if end is None:
        said = said.strip().partition("{")[0].partition("\n")[0]
    said = _ANNOTATIONS.sub("", " ".join(said.split()), count=1) if said.lstrip()[:1] in {"@", "[", "#"} else said
    said = " ".join(said.split()).removesuffix("=>").rstrip(" :={")
    return said if len(said) <= SIGNATURE_CHARS else said[: SIGNATURE_CHARS - 1] + "…"


def _is_inner(node: "Node", child: "Node") -> bool:
    is_body = child == node.child_by_field_name("body") or child.type.endswith("_body")
    return is_body or ("comment" in child.type and child.start_byte > node.start_byte)
