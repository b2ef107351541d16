"""Trace a function that fills the structs, through other functions of the same file, and record each effect in order.

This is not a compiler. It understands assignments, initialisers, `memset`, pointers to the structs, conditions and
calls within the file. Anything else is recorded as unknown: an object passed to a function outside the file has
*escaped*, and no rule reports a missing assignment for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wssure.tools.lint.calls import CallReader
from wssure.tools.lint.naming import lvalue_of, pointee_of
from wssure.tools.lint.syntax import children, declaration, field_child, find, flat, is_address_of, strip, text
from wssure.tools.lint.trace import CLIENT, CONTEXT, Frame, Function, Guard, Guards, Trace
from wssure.tools.lint.unit import Unit, preproc_condition

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node

    Reader = Callable[["Tracer", Node, Frame, Guards, int], None]


_DEEPEST: Final = 150
_LONGEST_LIST: Final = 4000
_EXITS: Final = frozenset(
    ("return_statement", "break_statement", "continue_statement", "goto_statement", "throw_statement")
)
_SKIPPED: Final = frozenset(
    ("comment", "string_literal", "number_literal", "char_literal", "type_identifier", "identifier", "primitive_type")
)
# The first members of the struct in the order of libwebsockets 2.0 to 5.0, for initialisers without names.
_CLIENT_ORDER: Final = (
    "context",
    "address",
    "port",
    "ssl_connection",
    "path",
    "host",
    "origin",
    "protocol",
    "ietf_version_or_minus_one",
)


def trace_file(unit: Unit) -> list[Trace]:
    """Trace a file: its own scope first, then each function that no other function of the file calls."""
    scope = Tracer(unit).run(unit.file_scope)
    made = {name: Tracer(unit).run(unit.functions[name]) for name in unit.relevant()}
    followed = {inner for name, trace in made.items() for inner in trace.functions - {name}}
    roots = [trace for name, trace in made.items() if name not in followed]
    function_names = {name for trace in roots for name in trace.functions}
    # Functions that only call each other recursively have no root: each is traced separately.
    return [scope, *roots, *(trace for name, trace in made.items() if name not in function_names)]


class Tracer(CallReader):
    """Traces one function and the functions that it calls."""

    def run(self, function: Function) -> Trace:
        """Trace a function without a known caller: its parameters are unknown."""
        frame = self.frame(function, 0)
        for name, type_text, shape in function.parameters:
            self.declare_name(frame, name, type_text, shape)
        self.trace.functions.add(function.name)
        self.statements(function.body, frame, (), 0)
        return self.trace

    def statements(self, block: Node, frame: Frame, guards: Guards, depth: int) -> None:
        """Walk a block; statements after an `if` that always leaves have the opposite condition."""
        if depth > _DEEPEST:
            return
        for node in children(block):
            self.statement(node, frame, guards, depth + 1)
            if node.type == "if_statement" and field_child(node, "alternative") is None:
                guards = guards + self._after(node, frame)

    def _after(self, node: Node, frame: Frame) -> Guards:
        then, condition = field_child(node, "consequence"), field_child(node, "condition")
        if then is None or condition is None or not _leaves(then):
            return ()
        words = flat(condition)
        if any(
            words in (f"( ! {name} )", f"( {name} == NULL )", f"( {name} == nullptr )")
            for name, _, _ in frame.function.parameters
        ):
            return ()  # a null check of an argument is not an option
        return self.unit.guards(words, "else", node.start_byte) or ()

    def statement(self, node: Node, frame: Frame, guards: Guards, depth: int) -> None:
        """Walk one statement, declaration or expression."""
        if depth > _DEEPEST or node.type in _SKIPPED:
            return
        reader = _READERS.get(node.type)
        if reader is not None:
            reader(self, node, frame, guards, depth)
        elif node.type not in ("preproc_def", "preproc_include", "preproc_function_def"):
            self.statements(node, frame, guards, depth)

    def _block_macro(self, node: Node, frame: Frame, guards: Guards, depth: int) -> None:
        """Read `FOR_EACH(a, b) { ... }`, which parses as a function inside a function, as a loop."""
        body, declarator = field_child(node, "body"), field_child(node, "declarator")
        inside = node.parent is not None and node.parent.type == "compound_statement"
        if inside and body is not None and declarator is not None:
            self.statements(body, frame, (*guards, Guard(flat(declarator), "loop")), depth + 1)

    def _type(self, node: Node, frame: Frame, guards: Guards, depth: int) -> None:
        body = field_child(node, "body")
        if body is not None:
            self.statements(body, frame, guards, depth)

    def _if(self, node: Node, frame: Frame, guards: Guards, depth: int) -> None:
        condition = field_child(node, "condition")
        if condition is None:
            return
        self.statement(condition, frame, guards, depth + 1)
        self._branches(node, flat(condition), frame, guards, depth)

    def _branches(self, node: Node, words: str, frame: Frame, guards: Guards, depth: int) -> None:
        for field, branch in (("consequence", "then"), ("alternative", "else")):
            part = field_child(node, field)
            more = self.unit.guards(words, branch, node.start_byte)
            if part is not None and more is not None:
                self.statement(part, frame, guards + more, depth + 1)

    def _preproc(self, node: Node, frame: Frame, guards: Guards, depth: int) -> None:
        words, other = preproc_condition(node), field_child(node, "alternative")
        head = field_child(node, "name") or field_child(node, "condition")
        more = self.unit.guards(words, "then", node.start_byte)
        for child in children(node) if more is not None else ():
            if child not in (head, other):
                self.statement(child, frame, guards + (more or ()), depth + 1)
        more = self.unit.guards(words, "else", node.start_byte)
        if other is not None and more is not None:
            self.statement(other, frame, guards + more, depth + 1)

    def _case(self, node: Node, frame: Frame, guards: Guards, depth: int) -> None:
        value = field_child(node, "value")
        owner = node.parent.parent if node.parent is not None else None
        condition = field_child(owner, "condition") if owner is not None else None
        guard = Guard(
            flat(condition) if condition is not None else "",
            "case " + (flat(value) if value is not None else "default"),
        )
        for child in children(node):
            if child != value:
                self.statement(child, frame, (*guards, guard), depth + 1)

    def _loop(self, node: Node, frame: Frame, guards: Guards, depth: int) -> None:
        condition, body = field_child(node, "condition"), field_child(node, "body")
        for child in children(node):
            if child != body:
                self.statement(child, frame, guards, depth + 1)
        words = flat(condition) if condition is not None else "for"
        endless = condition is None or words in ("( 1 )", "( true )")
        if body is not None:
            self.statement(body, frame, guards if endless else (*guards, Guard(words, "loop")), depth + 1)

    def _return(self, node: Node, frame: Frame, guards: Guards, depth: int) -> None:
        for value in children(node):
            self.statement(value, frame, guards, depth + 1)
            frame.returns.append((value, guards))

    def _declaration(self, node: Node, frame: Frame, guards: Guards, depth: int) -> None:
        kind_node = field_child(node, "type")
        kind = text(kind_node) if kind_node is not None else ""
        if kind_node is not None:
            self.statement(kind_node, frame, guards, depth + 1)
        static = any(
            child.type == "storage_class_specifier" and text(child) in ("static", "extern") for child in node.children
        )
        for declarator in node.children_by_field_name("declarator"):
            value = (
                field_child(declarator, "value")
                if declarator.type == "init_declarator"
                else field_child(node, "default_value")
            )
            name, shape = declaration(declarator)
            if not name or "function" in shape:
                continue
            if value is not None and value.type == "argument_list" and name.startswith("lws_"):
                # A macro without a semicolon before a call is parsed as a type: `END_LOOP
                # lws_client_connect_via_info(&i);`
                self.call_named(name, children(value), declarator, frame, guards, depth)
                continue
            if value is not None and value.child_count > _LONGEST_LIST:
                value = None  # a table of bytes: nothing to track in it
            if value is not None:
                self.statement(value, frame, guards, depth + 1)
            lvalue = self.declare_name(frame, name, kind, shape)
            self._start(lvalue, kind, shape, value, declarator, frame, guards, static)

    def declare_name(self, frame: Frame, name: str, type_text: str, shape: set[str]) -> str:
        """Declare a name in a frame and return its lvalue; a pointer to one of the structs gets its own object."""
        lvalue = f"::{name}" if frame.function is self.unit.file_scope else f"{frame.number}:{name}"
        frame.names[name] = lvalue
        if frame.function is self.unit.file_scope:
            self.unit.variables.add(name.encode())
        struct = self.unit.struct_of(type_text)
        if struct and shape & {"pointer", "reference"}:
            self.points[lvalue] = "*" + lvalue
            self.kinds["*" + lvalue] = struct
            if "reference" in shape:
                frame.names[name] = "*" + lvalue
        elif struct:
            self.kinds[lvalue] = struct
        if struct and lvalue.startswith("::"):
            self.unit.kinds[name] = struct
        if "array" in shape and "char" in type_text:
            self.unit.buffers.add(lvalue)
        return lvalue

    def _start(
        self,
        lvalue: str,
        kind: str,
        shape: set[str],
        value: Node | None,
        node: Node,
        frame: Frame,
        guards: Guards,
        static: bool,
    ) -> None:
        if "reference" in shape and value is not None:
            target = lvalue_of(strip(value), frame, self.points)
            if target:
                frame.names[declaration(node)[0]] = target
            return
        if value is not None:
            if value.type == "argument_list" and len(children(value)) == 1:
                value = children(value)[0]
            self.assign(lvalue, "=", value, node, frame, guards)
            if field_child(node, "default_value") is not None or node.type == "field_identifier":
                self.note("escape", lvalue, node, frame, guards)  # a member: other files write it too
        elif self.unit.struct_of(kind) and "pointer" not in shape:
            at_rest = static or lvalue.startswith("::")
            self.note("zero" if at_rest else "declare", lvalue, node, frame, guards)
            if node.type == "field_identifier":
                self.note("escape", lvalue, node, frame, guards)

    def _assignment(self, node: Node, frame: Frame, guards: Guards, depth: int) -> None:
        left, right = field_child(node, "left"), field_child(node, "right")
        if left is None or right is None:
            return
        self.statement(right, frame, guards, depth + 1)
        lvalue = lvalue_of(left, frame, self.points)
        operator = field_child(node, "operator")
        if lvalue is not None and lvalue.endswith("[]") and lvalue[:-2] in self.unit.buffers:
            self.note("assign", lvalue[:-2], node, frame, guards)  # one character of a text: the whole text has changed
        elif lvalue is not None:
            self.assign(lvalue, text(operator) if operator is not None else "=", right, node, frame, guards)

    def _step(self, node: Node, frame: Frame, guards: Guards, depth: int) -> None:
        """Evaluate `p++`: the new value is unknown."""
        target = field_child(node, "argument")
        lvalue = lvalue_of(target, frame, self.points) if target is not None else None
        if lvalue is not None:
            self.note("assign", lvalue, node, frame, guards, op="++")

    def assign(self, lvalue: str, op: str, value: Node, node: Node, frame: Frame, guards: Guards) -> None:
        """Record an assignment to an lvalue: a list, a copy of another struct, a pointer, or an expression."""
        inner = strip(value)
        if inner.type == "compound_literal_expression":
            inner = field_child(inner, "value") or inner
        if inner.type == "initializer_list":
            self.initialise(lvalue, inner, frame, guards)
            return
        if op == "=" and self._point(lvalue, inner, node, frame, guards):
            return
        struct = self.kind(lvalue)
        if struct and op == "=":
            self._copy(lvalue, inner, node, frame, guards)
            return
        self.note("assign", lvalue, node, frame, guards, op=op, value=value)

    def _copy(self, lvalue: str, value: Node, node: Node, frame: Frame, guards: Guards) -> None:
        other = lvalue_of(value, frame, self.points)
        if other and self.kind(other):
            self.note("copy", lvalue, node, frame, guards, other=other)
            return
        # `T()` and `T{}` make zeros; the return value of any other function is unknown.
        made_here = (
            value.type == "call_expression"
            and self.unit.struct_of(text(value)) is not None
            and len(text(value).split("(")) == 2
        )
        if made_here or (value.type == "compound_literal_expression" and not children(value)[1:]):
            self.note("zero", lvalue, node, frame, guards)
        else:
            self.note("escape", lvalue, node, frame, guards)

    def _point(self, lvalue: str, value: Node, node: Node, frame: Frame, guards: Guards) -> bool:
        """Track an assignment to a pointer; return True if it has no other effect."""
        if is_address_of(value):
            target = field_child(value, "argument")
            named = target is not None and target.type == "compound_literal_expression"
            if target is not None and named:
                self.points[lvalue] = f"{lvalue}@{target.start_byte}"
                self.kinds[self.points[lvalue]] = CLIENT if CLIENT in text(target) else CONTEXT
                self.assign(self.points[lvalue], "=", target, node, frame, guards)
                return True
            self.points[lvalue] = pointee_of(value, frame, self.points) or "~"
            return self.kind(self.points[lvalue]) is not None
        struct = self.kind(self.points.get(lvalue, ""))
        if struct is None:
            origin = lvalue_of(value, frame, self.points)
            if origin in self.points:
                self.points[lvalue] = self.points[origin]
            return False
        other = pointee_of(value, frame, self.points)
        if other and self.kind(other):
            self.points[lvalue] = other
            return True
        made = self.allocation(value)
        self.note(made or "escape", self.points[lvalue], node, frame, guards)
        return True

    def initialise(self, lvalue: str, values: Node, frame: Frame, guards: Guards) -> None:
        """Record an initialiser list: fields without an initialiser are zero."""
        struct = self.kind(lvalue)
        self.note("zero", lvalue, values, frame, guards)
        items = list(_items(values))
        pairs = [item for item in items if item.type == "initializer_pair"]
        for pair in pairs:
            designator, value = field_child(pair, "designator"), field_child(pair, "value")
            member = next(find(pair, "field_identifier"), None) if designator is not None else None
            if member is not None and value is not None:
                self.assign(f"{lvalue}.{text(member)}", "=", value, pair, frame, guards)
        plain = [item for item in items if item.type != "initializer_pair"]
        if len(plain) == 1 and not struct and not pairs:
            self.note("assign", lvalue, plain[0], frame, guards, value=plain[0])
        elif struct == CLIENT and len(plain) > 1:
            for member_name, value in zip(_CLIENT_ORDER, plain, strict=False):
                self.assign(f"{lvalue}.{member_name}", "=", value, value, frame, guards)
        elif struct == CONTEXT and len(plain) > 1:
            self.note("escape", lvalue, values, frame, guards)


def _items(values: Node) -> list[Node]:
    """Return the items of an initialiser list, including those inside `#if` and malformed parts."""
    items: list[Node] = []
    for child in children(values):
        if child.type.startswith("preproc_") or child.is_error:
            items.extend(item for item in _items(child) if item.type == "initializer_pair")
        else:
            items.append(child)
    return items


def _leaves(node: Node) -> bool:
    """Return True if a branch always leaves the enclosing block."""
    if node.type in _EXITS:
        return True
    last = [child for child in children(node) if not child.type.startswith("preproc_")]
    return node.type == "compound_statement" and bool(last) and last[-1].type in _EXITS


_READERS: Final[dict[str, Reader]] = {
    "declaration": Tracer._declaration,
    "field_declaration": Tracer._declaration,
    "assignment_expression": Tracer._assignment,
    "call_expression": Tracer.call,
    "if_statement": Tracer._if,
    "conditional_expression": Tracer._if,
    "case_statement": Tracer._case,
    "while_statement": Tracer._loop,
    "for_statement": Tracer._loop,
    "for_range_loop": Tracer._loop,
    "preproc_if": Tracer._preproc,
    "preproc_ifdef": Tracer._preproc,
    "preproc_elif": Tracer._preproc,
    "preproc_elifdef": Tracer._preproc,
    "return_statement": Tracer._return,
    "update_expression": Tracer._step,
    "function_definition": Tracer._block_macro,
    "struct_specifier": Tracer._type,
    "class_specifier": Tracer._type,
}
