"""Basic queries of a syntax tree: children without comments, names, calls, types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tree_sitter import Node as Node
else:
    Node = object  # tree-sitter is an extra: its type is only for type checkers

_CASTS: Final = ("static_cast", "reinterpret_cast", "const_cast")
# Functions that return the string of their first argument.
_SAME_STRING: Final = (
    "strdup",
    "lws_strdup",
    "_strdup",
    "g_strdup",
    "xstrdup",
    "string",
    "move",
    "to_string_view",
    "_T",
    "TEXT",
)
_DECLARATORS: Final = frozenset(
    (
        "pointer_declarator",
        "reference_declarator",
        "array_declarator",
        "parenthesized_declarator",
        "init_declarator",
        "attributed_declarator",
    )
)


def text(node: Node) -> str:
    """Return the source text of a node."""
    return (node.text or b"").decode("utf-8", "replace")


def children(node: Node) -> list[Node]:
    """Return the named children that are not comments."""
    return [child for child in node.named_children if child.type != "comment"]


def field_child(node: Node, field: str) -> Node | None:
    """Return the child in a field, or None; comments are skipped."""
    child = node.child_by_field_name(field)
    if child is not None and child.type == "comment":
        return next((c for c in node.children_by_field_name(field) if c.type != "comment"), None)
    return child


def flat(node: Node) -> str:
    """Return the tokens of a node joined by single spaces, without comments, independent of layout."""
    parts: list[str] = []
    todo = [node]
    while todo:
        current = todo.pop()
        if current.type == "comment":
            continue
        if current.child_count == 0 or current.type in ("string_literal", "char_literal", "preproc_arg"):
            parts.extend(text(current).replace("\\\n", " ").split())
        else:
            todo.extend(reversed(current.children))
    return " ".join(parts)


def find(node: Node, *types: str) -> Iterator[Node]:
    """Yield the outermost nodes of these types below a node, in source order."""
    todo = [node]
    while todo:
        current = todo.pop()
        if current.type in types:
            yield current
        else:
            todo.extend(reversed(current.named_children))


def callee(call: Node) -> str:
    """Return the plain name of the function a call expression calls: `f` for `f()`, `ns::f()`, `o.f()`, `p->f()`."""
    function = field_child(call, "function")
    while function is not None and function.type in ("field_expression", "qualified_identifier", "template_function"):
        function = field_child(function, "field" if function.type == "field_expression" else "name")
    return text(function) if function is not None else ""


def arguments(call: Node) -> list[Node]:
    """Return the argument expressions of a call."""
    arguments_node = field_child(call, "arguments")
    return children(arguments_node) if arguments_node is not None else []


def is_address_of(node: Node) -> bool:
    """Return True if a node is `&x`."""
    return node.type == "pointer_expression" and node.children[0].type == "&"


def strip(node: Node) -> Node:
    """Return the expression inside parentheses, casts, string copies and `.c_str()`."""
    while True:
        inner = _inside(node)
        if inner is None:
            return node
        node = inner


def _inside(node: Node) -> Node | None:
    if node.type == "parenthesized_expression":
        return next(iter(children(node)), None)
    if node.type == "cast_expression":
        return field_child(node, "value")
    if node.type == "assignment_expression":
        return field_child(node, "right")
    if node.type == "call_expression":
        return _inside_call(node)
    return None


def _inside_call(node: Node) -> Node | None:
    name, values = callee(node), arguments(node)
    function = field_child(node, "function")
    if function is not None and function.type == "field_expression":
        return field_child(function, "argument") if name in ("c_str", "data") and not values else None
    if name in _SAME_STRING or name in _CASTS:
        return values[0] if len(values) == 1 else None
    return None


def declaration(declarator: Node) -> tuple[str, set[str]]:
    """Return the name of a declarator and its type parts: `pointer`, `reference`, `array`, `function`."""
    shape: set[str] = set()
    node: Node | None = declarator
    while node is not None and node.type not in ("identifier", "field_identifier"):
        if node.type == "function_declarator":
            shape.add("function")
        elif node.type in _DECLARATORS:
            shape.add(node.type.split("_")[0])
        inner = field_child(node, "declarator") if node.type != "qualified_identifier" else field_child(node, "name")
        if inner is None and node.type in ("reference_declarator", "parenthesized_declarator", "attributed_declarator"):
            inner = next(iter(children(node)), None)
        node = inner
    return (text(node) if node is not None else ""), shape - {"init", "parenthesized", "attributed"}
