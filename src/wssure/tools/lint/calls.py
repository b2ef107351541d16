"""Evaluate the effects of a call on tracked lvalues: `memset`, string copies, functions of the file, libwebsockets."""

import itertools
from typing import Any, Final

from wssure.tools.lint.naming import lvalue_of, pointee_of
from wssure.tools.lint.syntax import Node, arguments, callee, field_child, is_address_of, strip, text
from wssure.tools.lint.trace import CONTEXT, Event, Frame, Function, Guards, Trace
from wssure.tools.lint.unit import Unit

_DEEPEST_CALL: Final = 5
_MOST_EVENTS: Final = 20_000
_ZEROING: Final = frozenset(
    ("memset", "bzero", "explicit_bzero", "ZeroMemory", "RtlZeroMemory", "SecureZeroMemory", "lws_explicit_bzero")
)
_ZEROED_MEMORY: Final = frozenset(
    ("calloc", "lws_zalloc", "kzalloc", "g_new0", "g_malloc0", "zalloc", "xcalloc", "heap_caps_calloc", "pvPortCalloc")
)
_RAW_MEMORY: Final = frozenset(
    ("malloc", "lws_malloc", "realloc", "alloca", "pvPortMalloc", "heap_caps_malloc", "g_malloc")
)
_FORMATTED: Final = {"sprintf": 1, "snprintf": 2, "lws_snprintf": 2, "_snprintf": 2, "sprintf_s": 2}
_COPIED: Final = frozenset(
    ("strcpy", "strncpy", "lws_strncpy", "strlcpy", "memcpy", "memmove", "strcpy_s", "g_strlcpy")
)
# Functions that only read their arguments; so does every logging function.
_READING: Final = frozenset(
    (
        *("printf", "fprintf", "puts", "fputs", "perror", "syslog", "fflush", "assert", "free"),
        *(
            "strlen",
            "strcmp",
            "strncmp",
            "strcasecmp",
            "strncasecmp",
            "memcmp",
            "isdigit",
            "atoi",
            "atol",
            "strtol",
            "strtoul",
        ),
        *("write", "send", "lws_get_protocol", "lws_cmdline_option", "lws_context_destroy"),
    )
)
_LOGGING: Final = ("lwsl_", "log_", "Log", "LOG", "ESP_LOG", "print", "debug", "DEBUG")
_CONNECTS: Final = "lws_client_connect_via_info"
_CREATES: Final = ("lws_create_context", "lws_create_vhost")


class CallReader:
    """The part of the tracer that evaluates calls.

    Args:
        unit: The file.

    Attributes:
        trace: The events recorded so far.
        points: The lvalue that each pointer points to at this position.
        kinds: The struct type of each local lvalue.
    """

    _numbers = itertools.count(1)

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.trace = Trace()
        self.points = self.trace.points
        self.kinds: dict[str, str] = {}
        for name in unit.kinds:
            self.points[f"~.{name}"] = f"*~.{name}"
            self.points[f"::{name}"] = f"*::{name}"

    def frame(self, function: Function, depth: int) -> Frame:
        """Make a frame for a call of a function."""
        return Frame(next(self._numbers), function, depth=depth)

    def kind(self, lvalue: str) -> str | None:
        """Return the struct type of an lvalue; None if it is neither of the two structs."""
        return self.kinds.get(lvalue) or self.unit.kind(lvalue)

    def note(self, kind: str, lvalue: str, node: Node, frame: Frame, guards: Guards, **more: Any) -> None:
        """Record an event."""
        struct = self.kind(lvalue)
        if struct:
            self.unit.structs[lvalue] = struct
        if self.unit.loose:
            guards = tuple(dict.fromkeys(guards + self.unit.loose_at(node.start_byte)))
        self.trace.add(Event(kind, lvalue, len(self.trace.events), node, guards, frame, **more))

    def call(self, node: Node, frame: Frame, guards: Guards, depth: int) -> None:
        """Evaluate one call."""
        name, values = callee(node), arguments(node)
        for argument in values:
            self.statement(argument, frame, guards, depth + 1)
        function = field_child(node, "function")
        if function is not None and function.type == "field_expression":
            self.statement(function, frame, guards, depth + 1)
        self.call_named(name, values, node, frame, guards, depth)

    def call_named(self, name: str, values: list[Node], node: Node, frame: Frame, guards: Guards, depth: int) -> None:
        """Evaluate a call of a function with this name and these arguments."""
        if name in _ZEROING and values:
            self._write(values[0], "zero", node, frame, guards)
        elif name == _CONNECTS and values:
            self._hand_over("connect", values[0], node, frame, guards)
        elif name in _CREATES and values:
            self._hand_over("create", values[-1], node, frame, guards)
        elif name in _FORMATTED and len(values) > _FORMATTED[name]:
            self._set_text(values[0], values[_FORMATTED[name]], node, frame, guards, is_format=True)
        elif name in _COPIED and len(values) > 1:
            self._copy_bytes(values, node, frame, guards)
        elif self._follows(name, frame):
            self._follow(self.unit.functions[name], values, node, frame, guards, depth)
        elif name not in _READING:
            self._escape(values, node, frame, guards, only_structs=name.startswith(_LOGGING))

    def statement(self, node: Node, frame: Frame, guards: Guards, depth: int) -> None:
        """Walk one statement; implemented by the tracer."""
        raise AssertionError("the tracer reads statements")

    def statements(self, block: Node, frame: Frame, guards: Guards, depth: int) -> None:
        """Walk a block; implemented by the tracer."""
        raise AssertionError("the tracer reads blocks")

    def declare_name(self, frame: Frame, name: str, type_text: str, shape: set[str]) -> str:
        """Declare a name in a frame; implemented by the tracer."""
        raise AssertionError("the tracer declares names")

    def assign(self, lvalue: str, op: str, value: Node, node: Node, frame: Frame, guards: Guards) -> None:
        """Record an assignment; implemented by the tracer."""
        raise AssertionError("the tracer reads assignments")

    def allocation(self, value: Node) -> str | None:
        """Return the contents of newly allocated memory, `zero` or `declare` (garbage); None for any other expression."""
        if value.type == "new_expression":
            return "zero" if field_child(value, "arguments") is not None else "declare"
        if value.type == "call_expression":
            name = callee(value)
            return "zero" if name in _ZEROED_MEMORY else "declare" if name in _RAW_MEMORY else None
        return None

    def _target(self, node: Node, frame: Frame) -> str | None:
        """Return the lvalue that a pointer argument refers to: `&x`, a pointer, or an array."""
        inner = strip(node)
        if is_address_of(inner):
            return pointee_of(inner, frame, self.points)
        lvalue = lvalue_of(inner, frame, self.points)
        return self.points.get(lvalue, lvalue) if lvalue else None

    def _write(self, argument: Node, kind: str, node: Node, frame: Frame, guards: Guards) -> None:
        lvalue = self._target(argument, frame)
        if lvalue:
            self.note(kind, lvalue, node, frame, guards)

    def _hand_over(self, kind: str, argument: Node, node: Node, frame: Frame, guards: Guards) -> None:
        inner = strip(argument)
        literal = field_child(inner, "argument") if is_address_of(inner) else None
        if literal is not None and literal.type == "compound_literal_expression":
            lvalue: str | None = f"{frame.number}:@{literal.start_byte}"
            self.kinds[lvalue or ""] = self.unit.struct_of(text(literal)) or CONTEXT
            self.assign(lvalue or "", "=", literal, node, frame, guards)
        else:
            lvalue = self._target(argument, frame)
        if lvalue and lvalue != "~":
            self.note(kind, lvalue, node, frame, guards)
            self.unit.structs.setdefault(lvalue, "lws_client_connect_info" if kind == "connect" else CONTEXT)

    def _set_text(
        self, buffer: Node, value: Node, node: Node, frame: Frame, guards: Guards, *, is_format: bool
    ) -> None:
        lvalue = lvalue_of(strip(buffer), frame, self.points)
        if lvalue:
            self.note("assign", lvalue, node, frame, guards, value=value, format=is_format)

    def _copy_bytes(self, values: list[Node], node: Node, frame: Frame, guards: Guards) -> None:
        target, origin = self._target(values[0], frame), self._target(values[1], frame)
        if target and origin and self.kind(target):
            self.note("copy" if self.kind(origin) else "escape", target, node, frame, guards, other=origin)
        else:
            self._set_text(values[0], values[1], node, frame, guards, is_format=False)

    def _escape(self, values: list[Node], node: Node, frame: Frame, guards: Guards, *, only_structs: bool) -> None:
        """Record that a function outside this file may write its arguments; a logging function does not write texts."""
        for argument in values:
            inner = strip(argument)
            lvalue = self._target(inner, frame)
            if lvalue is None or lvalue == "~":
                continue
            if self.kind(lvalue):
                self.note("escape", lvalue, node, frame, guards)
            elif only_structs:
                continue
            elif is_address_of(inner) or (
                inner.type in ("identifier", "field_expression") and self._is_buffer(inner, frame)
            ):
                self.note("assign", lvalue, node, frame, guards)

    def _is_buffer(self, node: Node, frame: Frame) -> bool:
        lvalue = lvalue_of(node, frame, self.points)
        return lvalue in self.unit.buffers if lvalue else False

    def _follows(self, name: str, frame: Frame) -> bool:
        return (
            frame.depth < _DEEPEST_CALL
            and len(self.trace.events) < _MOST_EVENTS
            and name != frame.function.name
            and self.unit.is_worth_following(name)
        )

    def _follow(
        self, function: Function, values: list[Node], node: Node, frame: Frame, guards: Guards, depth: int
    ) -> None:
        inner = self.frame(function, frame.depth + 1)
        for (name, type_text, shape), argument in zip(function.parameters, values, strict=False):
            if "reference" in shape:
                inner.names[name] = lvalue_of(strip(argument), frame, self.points) or "~"
                continue
            lvalue = self.declare_name(inner, name, type_text, shape)
            self.assign(lvalue, "=", argument, node, frame, guards)
        for name, type_text, shape in function.parameters[len(values) :]:
            self.declare_name(inner, name, type_text, shape)
        self.trace.functions.add(function.name)
        self.trace.calls[(node.start_byte, frame.number)] = inner
        self.statements(function.body, inner, guards, depth + 1)
