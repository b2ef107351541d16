"""Name the lvalue of an expression: `i.host`, `ctx->ccinfo.host` and `(&i)->host`, through pointers and references."""

from collections.abc import Mapping

from wssure.tools.lint.syntax import Node, field_child, is_address_of, strip, text
from wssure.tools.lint.trace import Frame

_UNKNOWN_OWNER = "~"


def lvalue_of(node: Node, frame: Frame, points: Mapping[str, str]) -> str | None:
    """Return the name of the lvalue that an expression denotes; None if it cannot be tracked.

    A local is `7:name`, a global or member of `this` is `::name`, and the target of an unknown pointer is `~`. So two
    functions that take `struct app *a` share the lvalue `~.ccinfo`.

    Args:
        node: The expression.
        frame: The frame of its local names.
        points: The known target of each pointer at this position.
    """
    kind = node.type
    if kind in ("identifier", "field_identifier"):
        name = text(node)
        return frame.names.get(name, "::" + name)
    if kind == "field_expression":
        return _member(node, frame, points)
    if kind in ("parenthesized_expression", "cast_expression"):
        inner = strip(node)
        return lvalue_of(inner, frame, points) if inner != node else None
    if kind == "pointer_expression" and not is_address_of(node):
        target = field_child(node, "argument")
        return pointee_of(target, frame, points) if target is not None else None
    if kind == "subscript_expression":
        owner = field_child(node, "argument")
        lvalue = lvalue_of(owner, frame, points) if owner is not None else None
        return lvalue + "[]" if lvalue else None
    if kind == "qualified_identifier":
        name_node = field_child(node, "name")
        return lvalue_of(name_node, frame, points) if name_node is not None else None
    return None


def _member(node: Node, frame: Frame, points: Mapping[str, str]) -> str | None:
    owner, member, operator = field_child(node, "argument"), field_child(node, "field"), field_child(node, "operator")
    if owner is None or member is None:
        return None
    if owner.type == "this":
        return "::" + text(member)
    through = operator is not None and operator.type == "->"
    lvalue = pointee_of(owner, frame, points) if through else lvalue_of(owner, frame, points)
    return f"{lvalue or _UNKNOWN_OWNER}.{text(member)}"


def pointee_of(node: Node, frame: Frame, points: Mapping[str, str]) -> str | None:
    """Return the name of the lvalue that a pointer expression points to; `~` if it is unknown."""
    node = strip(node)
    if is_address_of(node):
        target = field_child(node, "argument")
        return lvalue_of(target, frame, points) if target is not None else None
    lvalue = lvalue_of(node, frame, points)
    if lvalue is None:
        return _UNKNOWN_OWNER
    return points.get(lvalue, _UNKNOWN_OWNER)
