"""Evaluate expressions: possible texts and flags, each with its conditions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from wssure.frozen import frozen
from wssure.tools.lint.condition import number
from wssure.tools.lint.naming import lvalue_of
from wssure.tools.lint.syntax import Node, callee, children, field_child, flat, strip, text
from wssure.tools.lint.trace import Event, Frame, Guards, Trace, is_shared
from wssure.tools.lint.unit import Unit

# Represents a printf conversion in a text: an unknown part.
HOLE: Final = "\N{REPLACEMENT CHARACTER}"
_CONVERSION: Final = re.compile(r"%[-+ #0-9.*]*(?:hh|h|ll|l|z|j|t)?[a-zA-Z]")
_ESCAPE: Final = re.compile(r"\\(x[0-9a-fA-F]+|[0-7]{1,3}|.)", re.DOTALL)
_SIMPLE_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_TOKENS: Final = re.compile(
    rb"""\s*(?:(?P<string>(?:u8|L|u|U)?"(?:[^"\\]|\\.)*")|(?P<name>[A-Za-z_]\w*)|(?P<number>\d[0-9a-fA-FxX]*[uUlL]*(?:\s*<<\s*\d+[uUlL]*)?)|(?P<other>.))""",
    re.DOTALL,
)
_DEEPEST: Final = 12
_NULLS: Final = ("NULL", "nullptr", "0")
# The bits of `ssl_connection` (enum lws_client_connect_ssl_connection_flags).
BITS: Final = {
    "LCCSCF_USE_SSL": 1 << 0,
    "LCCSCF_ALLOW_SELFSIGNED": 1 << 1,
    "LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK": 1 << 2,
    "LCCSCF_ALLOW_EXPIRED": 1 << 3,
    "LCCSCF_ALLOW_INSECURE": 1 << 4,
}
_TEXTLESS: Final = frozenset(("true", "false", "TRUE", "FALSE"))


@frozen
class Found:
    """One possible value of an expression.

    Args:
        kind: `text`, `null`, `call`, `flag`, `clear_flags`, `number`, or `unknown`.
        value: The text, the called function, the name of the flag, or the number in decimal.
        start: Byte offset in the source; -1 if it is not in this file.
        end: Byte offset after it.
        guards: The conditions for this value.
        via: The field it was copied from, such as `address` for `i.host = i.address`; empty if none.
    """

    kind: str
    value: str = ""
    start: int = -1
    end: int = -1
    guards: Guards = ()
    via: str = ""

    @property
    def span(self) -> tuple[int, int]:
        """The byte offsets of begin and end."""
        return self.start, self.end

    @property
    def flags(self) -> set[str]:
        """The flags of a client that are set, by name or as a number."""
        if self.kind == "number":
            return {name for name, bit in BITS.items() if int(self.value) & bit}
        return {self.value} if self.kind == "flag" else set()

    def without(self, names: set[str]) -> Found | None:
        """Return the value that remains if flags are cleared; None if nothing does."""
        if self.kind == "number":
            return replace(self, value=str(int(self.value) & ~sum(BITS.get(name, 0) for name in names)))
        return None if self.kind == "flag" and self.value in names else self

    def under(self, guards: Guards) -> Found:
        """Return the same value with further conditions."""
        return replace(self, guards=tuple(dict.fromkeys(guards + self.guards))) if guards else self


def simplify(all_guards: Sequence[Guards]) -> list[Guards]:
    """Merge alternatives that differ only in the branch of one `if`."""
    alternatives = list(dict.fromkeys(tuple(sorted(guards, key=str)) for guards in all_guards))
    merged = True
    while merged:
        merged = False
        for guards in alternatives:
            opposite_pair = _opposite_pair(guards, alternatives)
            if opposite_pair is not None:
                alternatives = [other for other in alternatives if other not in (guards, opposite_pair[0])] + [
                    opposite_pair[1]
                ]
                merged = True
                break
    return alternatives


def _opposite_pair(guards: Guards, others: Sequence[Guards]) -> tuple[Guards, Guards] | None:
    for guard in guards:
        opposite = guard.opposite
        rest = tuple(other for other in guards if other != guard)
        other = tuple(sorted((*rest, opposite), key=str)) if opposite else None
        if other is not None and other in others:
            return other, rest
    return None


def unescape(literal: str) -> str:
    """Decode a C string literal, given with its quotes."""
    body = literal[literal.index('"') + 1 : literal.rindex('"')].replace("\\\n", "")

    def one_escape(match: re.Match[str]) -> str:
        word = match.group(1)
        if word[0] == "x":
            return chr(int(word[1:], 16) & 0xFF)
        return chr(int(word, 8) & 0xFF) if word[0] in "01234567" else _SIMPLE_ESCAPES.get(word, word)

    return _ESCAPE.sub(one_escape, body)


class Reader:
    """Evaluates expressions at a position of a trace.

    Args:
        unit: The file.
        trace: The trace of the function itself.
        others: The traces of unrelated functions, which may write shared lvalues.
    """

    def __init__(self, unit: Unit, trace: Trace, others: Sequence[Trace]) -> None:
        self.unit = unit
        self.trace = trace
        self.others = others

    def reaching(self, lvalue: str, order: int, guards: Guards) -> Iterator[tuple[Event, Trace]]:
        """Yield the events that can still affect an lvalue at a position, latest first, other functions last."""
        definite: list[Guards] = []
        for event in self.trace.before(lvalue, order):
            yield event, self.trace
            if event.is_definite:
                definite.append(tuple(guard for guard in event.guards if guard not in guards))
                if () in simplify(definite):
                    return
        if not is_shared(lvalue):
            return
        for trace in self.others:
            for event in trace.before(lvalue, len(trace.events)):
                yield event, trace
                if event.is_definite and not event.guards:
                    break

    def _loosen(self, items: list[Found]) -> list[Found]:
        """Add the conditions that are not in the tree."""
        if not self.unit.loose:
            return items
        return [item.under(self.unit.loose_at(item.start)) for item in items]

    def texts(self, node: Node, frame: Frame, order: int, guards: Guards, depth: int = 0) -> list[Found]:
        """Return the possible texts of an expression."""
        return self._loosen(self._texts(strip(node), frame, order, guards, depth))

    def _texts(self, node: Node, frame: Frame, order: int, guards: Guards, depth: int) -> list[Found]:
        if depth > _DEEPEST:
            return [Found("unknown")]
        if node.type == "string_literal":
            return [Found("text", unescape(text(node)), node.start_byte, node.end_byte)]
        if node.type == "concatenated_string":
            return [self._join(node)]
        if node.type == "null" or (node.type in ("number_literal", "identifier") and text(node) in _NULLS):
            return [Found("null", "", node.start_byte, node.end_byte)]
        if node.type == "conditional_expression":
            return self._either(self.texts, node, frame, order, guards, depth)
        if node.type == "call_expression":
            return self._call(node, frame, order, guards, depth)
        if node.type == "identifier" and text(node) in self.unit.macros:
            return self._macro_texts(text(node), node, depth)
        if node.type == "binary_expression":
            return self._add(node, frame, order, guards, depth)
        return self._load(node, frame, order, guards, depth)

    def _join(self, node: Node) -> Found:
        parts: list[str] = []
        for child in children(node):
            if child.type == "string_literal":
                parts.append(unescape(text(child)))
                continue
            inner = (
                self._macro_texts(text(child), child, 0) if text(child) in self.unit.macros else [Found("text", HOLE)]
            )
            parts.append(inner[0].value if len(inner) == 1 and inner[0].kind == "text" else HOLE)
        return Found("text", "".join(parts), node.start_byte, node.end_byte)

    def _add(self, node: Node, frame: Frame, order: int, guards: Guards, depth: int) -> list[Found]:
        """Evaluate `"wss://" + name` of C++: a text with an unknown part."""
        left, right, operator = field_child(node, "left"), field_child(node, "right"), field_child(node, "operator")
        if left is None or right is None or operator is None or text(operator) != "+" or not _has_literal(node):
            return [Found("unknown")]  # `url + 6` is a part of a text
        parts = [self.texts(part, frame, order, guards, depth + 1) for part in (left, right)]
        words = [texts[0].value if len(texts) == 1 and texts[0].kind == "text" else HOLE for texts in parts]
        if words == [HOLE, HOLE]:
            return [Found("unknown")]
        return [Found("text", "".join(words), node.start_byte, node.end_byte)]

    def _either(
        self, read: Callable[..., list[Found]], node: Node, frame: Frame, order: int, guards: Guards, depth: int
    ) -> list[Found]:
        """Read both branches of a conditional expression with `texts` or `flags`, each under its guard."""
        values: list[Found] = []
        condition = field_child(node, "condition")
        words = flat(condition) if condition is not None else ""
        for field, branch in (("consequence", "then"), ("alternative", "else")):
            part, extra = field_child(node, field), self.unit.guards(words, branch, node.start_byte)
            if part is not None and extra is not None:
                values += [item.under(extra) for item in read(part, frame, order, guards + extra, depth + 1)]
        return values

    def _call(self, node: Node, frame: Frame, order: int, guards: Guards, depth: int) -> list[Found]:
        inner = self.trace.calls.get((node.start_byte, frame.number))
        if inner is None or not inner.returns:
            return [Found("call", callee(node), node.start_byte, node.end_byte)]
        values: list[Found] = []
        for value, returned_under in inner.returns:
            extra = tuple(guard for guard in returned_under if guard not in guards)
            values += [item.under(extra) for item in self.texts(value, inner, order, guards + extra, depth + 1)]
        return values

    def _macro_texts(self, name: str, node: Node, depth: int) -> list[Found]:
        values: list[Found] = []
        for macro in self.unit.macros[name]:
            tokens = [token for token in _TOKENS.finditer(macro.body.strip() and macro.body) if token.group().strip()]
            tokens = [token for token in tokens if token.group("other") not in (b"(", b")")]
            item = self._macro_text(tokens, node, depth)
            if macro.offset >= 0 and item.kind == "text" and tokens:
                item = replace(
                    item,
                    start=macro.offset + tokens[0].start(tokens[0].lastgroup or 0),
                    end=macro.offset + tokens[-1].end(),
                )
            values.append(item.under(macro.guards))
        return values

    def _macro_text(self, tokens: list[re.Match[bytes]], node: Node, depth: int) -> Found:
        parts: list[str] = []
        for token in tokens:
            if token.group("string"):
                parts.append(unescape(token.group("string").decode("utf-8", "replace")))
                continue
            name = (token.group("name") or b"").decode()
            if name in ("NULL", "nullptr") and len(tokens) == 1:
                return Found("null", "", node.start_byte, node.end_byte)
            inner = self._macro_texts(name, node, depth + 1) if name in self.unit.macros and depth < _DEEPEST else []
            if len(inner) != 1 or inner[0].kind != "text":
                return Found("unknown")
            parts.append(inner[0].value)
        if not parts:
            return Found("unknown")
        return Found("text", "".join(parts), node.start_byte, node.end_byte)

    def _load(self, node: Node, frame: Frame, order: int, guards: Guards, depth: int) -> list[Found]:
        lvalue = self.lvalue(node, frame)
        if lvalue is None:
            return [Found("unknown")]
        # A variable that is read without a visible write, such as argv[1], can have any value.
        values = self.text_at(lvalue, order, guards, depth + 1) or [Found("unknown")]
        field = lvalue.rsplit(".", 1)[-1] if "." in lvalue else ""
        return [replace(item, via=item.via or field) for item in values]

    def lvalue(self, node: Node, frame: Frame) -> str | None:
        """Return the lvalue that an expression reads; pointers have their last known targets."""
        return lvalue_of(node, frame, self.trace.points)

    def text_at(self, lvalue: str, order: int, guards: Guards, depth: int = 0) -> list[Found]:
        """Return the possible texts of an lvalue at a position; empty if it was never written."""
        values: list[Found] = []
        for event, trace in self.reaching(lvalue, order, guards):
            extra = tuple(guard for guard in event.guards if guard not in guards)
            reader = self if trace is self.trace else Reader(self.unit, trace, ())
            values += [item.under(extra) for item in reader._event_texts(event, lvalue, guards, depth)]
            if event.kind == "assign" and event.op != "=":
                break  # incremented or appended to: earlier values no longer determine it
        return values

    def _event_texts(self, event: Event, lvalue: str, guards: Guards, depth: int) -> list[Found]:
        if event.kind == "zero" or event.kind == "declare":
            return [Found("null")] if event.kind == "zero" and event.lvalue != lvalue else []
        if event.kind == "copy" and depth < _DEEPEST:
            other = event.other + lvalue[len(event.lvalue) :]
            return self.text_at(other, event.order, guards, depth + 1)
        if event.kind != "assign" or event.value is None or event.lvalue != lvalue or event.op != "=":
            return [Found("unknown")] if event.kind in ("assign", "escape") else []
        items = self.texts(
            event.value, event.frame, event.order, tuple(dict.fromkeys(guards + event.guards)), depth + 1
        )
        if event.format:
            items = [replace(item, value=_CONVERSION.sub(HOLE, item.value).replace("%%", "%")) for item in items]
        return items

    def flags(self, node: Node, frame: Frame, order: int, guards: Guards, depth: int = 0) -> list[Found]:
        """Return the flags that an expression sets."""
        return self._loosen(self._flags(strip(node), frame, order, guards, depth))

    def _flags(self, node: Node, frame: Frame, order: int, guards: Guards, depth: int) -> list[Found]:
        if depth > _DEEPEST:
            return [Found("unknown")]
        operator = field_child(node, "operator")
        if node.type == "binary_expression" and operator is not None and text(operator) in ("|", "+"):
            parts = (field_child(node, "left"), field_child(node, "right"))
            return [
                item for part in parts if part is not None for item in self.flags(part, frame, order, guards, depth + 1)
            ]
        if node.type == "binary_expression" and operator is not None and text(operator) in ("&", "<<"):
            return self._mask(node, text(operator), frame, order, guards, depth)
        if node.type == "number_literal":
            return [_number(text(node), node.start_byte, node.end_byte)]
        if node.type == "conditional_expression":
            return self._either(self.flags, node, frame, order, guards, depth)
        if node.type == "call_expression":
            return self._call_flags(node, frame, order, guards, depth)
        if node.type in ("true", "false"):
            return [Found("number", "1" if node.type == "true" else "0", node.start_byte, node.end_byte)]
        if node.type == "identifier":
            return self._named_flags(node, frame, order, guards, depth)
        lvalue = self.lvalue(node, frame)
        return self.flags_at(lvalue, order, guards, depth + 1) if lvalue else [Found("unknown")]

    def _mask(self, node: Node, operator: str, frame: Frame, order: int, guards: Guards, depth: int) -> list[Found]:
        left, right = field_child(node, "left"), field_child(node, "right")
        if left is None or right is None:
            return [Found("unknown")]
        if operator == "<<":
            return [_number(flat(node), node.start_byte, node.end_byte)]
        kept, mask = self.flags(left, frame, order, guards, depth + 1), self.clear_flags(right, frame, order, guards)
        return [rest for item in kept if (rest := item.without(mask))] if mask else [Found("unknown")]

    def clear_flags(self, node: Node, frame: Frame, order: int, guards: Guards) -> set[str]:
        """Return the flags that a mask `~(A | B)` clears."""
        node = strip(node)
        inner = field_child(node, "argument") if node.type == "unary_expression" else None
        if inner is None or node.children[0].type != "~":
            return set()
        return {name for item in self.flags(inner, frame, order, guards) for name in item.flags}

    def _call_flags(self, node: Node, frame: Frame, order: int, guards: Guards, depth: int) -> list[Found]:
        inner = self.trace.calls.get((node.start_byte, frame.number))
        if inner is None or not inner.returns:
            return [Found("unknown")]
        values: list[Found] = []
        for value, returned_under in inner.returns:
            extra = tuple(guard for guard in returned_under if guard not in guards)
            values += [item.under(extra) for item in self.flags(value, inner, order, guards + extra, depth + 1)]
        return values

    def _named_flags(self, node: Node, frame: Frame, order: int, guards: Guards, depth: int) -> list[Found]:
        name = text(node)
        if name.startswith(("LCCSCF_", "LWS_SERVER_OPTION_")) and name not in self.unit.macros:
            return [Found("flag", name, node.start_byte, node.end_byte)]
        if name in self.unit.macros:
            return self._macro_flags(name, node, depth)
        if name in _TEXTLESS:
            return [Found("number", "1" if name.lower() == "true" else "0", node.start_byte, node.end_byte)]
        lvalue = self.lvalue(node, frame)
        return self.flags_at(lvalue, order, guards, depth + 1) if lvalue else [Found("unknown")]

    def _macro_flags(self, name: str, node: Node, depth: int) -> list[Found]:
        values: list[Found] = []
        for macro in self.unit.macros[name]:
            for token in _TOKENS.finditer(macro.body):
                item = self._macro_flag(token, node, macro.offset, depth)
                if item:
                    values += [one_item.under(macro.guards) for one_item in item]
        return values

    def _macro_flag(self, token: re.Match[bytes], node: Node, offset: int, depth: int) -> list[Found]:
        kind = token.lastgroup or "other"
        start, end = (
            (offset + token.start(kind), offset + token.end(kind)) if offset >= 0 else (node.start_byte, node.end_byte)
        )
        word = token.group(kind).decode("utf-8", "replace")
        if kind == "name" and word in self.unit.macros:
            return self._macro_flags(word, node, depth + 1) if depth < _DEEPEST else []
        if kind == "name" and word.startswith(("LCCSCF_", "LWS_SERVER_OPTION_")):
            return [Found("flag", word, start, end)]
        if kind == "number":
            return [_number(word, start, end)]
        if kind == "other" and word in "|() \\\r\n":
            return []
        return [Found("unknown")]

    def flags_at(self, lvalue: str, order: int, guards: Guards, depth: int = 0) -> list[Found]:
        """Return the possible flags of an lvalue at a position."""
        values: list[Found] = []
        gone: set[str] = set()
        seen = False
        for event, trace in self.reaching(lvalue, order, guards):
            seen = True
            extra = tuple(guard for guard in event.guards if guard not in guards)
            reader = self if trace is self.trace else Reader(self.unit, trace, ())
            items = reader._event_flags(event, lvalue, guards, depth)
            if event.op == "&=":
                gone |= (
                    reader.clear_flags(event.value, event.frame, event.order, guards)
                    if event.value is not None and not extra
                    else set()
                )
                continue
            values += [left.under(extra) for item in items if (left := item.without(gone))]
        return values if seen else [Found("unknown")]

    def _event_flags(self, event: Event, lvalue: str, guards: Guards, depth: int) -> list[Found]:
        if event.kind in ("zero", "declare"):
            return []
        if event.kind == "copy" and depth < _DEEPEST:
            return self.flags_at(event.other + lvalue[len(event.lvalue) :], event.order, guards, depth + 1)
        if event.kind != "assign" or event.value is None or event.lvalue != lvalue:
            return [Found("unknown")] if event.kind in ("assign", "escape") else []
        if event.op not in ("=", "|=", "+="):
            return []
        return self.flags(event.value, event.frame, event.order, tuple(dict.fromkeys(guards + event.guards)), depth + 1)


def _has_literal(node: Node) -> bool:
    """Return True if a sum has a string literal and no number among its terms: it concatenates texts."""
    terms, todo = [], [node]
    while todo:
        current = todo.pop()
        if current.type == "binary_expression":
            todo.extend(children(current))
        else:
            terms.append(strip(current).type)
    return "string_literal" in terms and "number_literal" not in terms


def constant(word: str) -> int | None:
    """Return the value of an integer constant such as `4`, `0x4u` or `1 << 2`; None for any other text."""
    base, _, shift = word.replace("'", "").partition("<<")
    values = [number(part) for part in ((base, shift) if shift else (base,))]
    if values[0] is None or values[-1] is None:
        return None
    return values[0] << min(values[1] or 0, 63) if shift else values[0]


def _number(word: str, start: int, end: int) -> Found:
    value = constant(word)
    return Found("unknown") if value is None else Found("number", str(value), start, end)
