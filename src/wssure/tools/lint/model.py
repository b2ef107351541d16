"""The model of the two structs for rules: possible values of each field at the call of libwebsockets, with confidence."""

from collections.abc import Iterable
from functools import cached_property
from typing import Final

from wssure.tools.lint.trace import CLIENT, CONTEXT, Event, Guards, Trace, implies, is_shared
from wssure.tools.lint.tracer import trace_file
from wssure.tools.lint.unit import Unit
from wssure.tools.lint.value import HOLE, Found, Reader, simplify

USE_SSL: Final = "LCCSCF_USE_SSL"
# Fields of the connect-info struct only: an assignment to one of them reveals the type of the variable.
_TELLING: Final = ("ssl_connection", "ietf_version_or_minus_one", "client_exts", "local_protocol_name")


class Info:
    """One struct when it is passed to libwebsockets, or at the end of the function if no such call is visible.

    Args:
        kind: `CLIENT` or `CONTEXT`.
        lvalue: The lvalue of the struct.
        trace: The trace of the function.
        reader: The evaluator of expressions in that function.
        event: The call that passes the struct; None if it is not in this file.
    """

    def __init__(self, kind: str, lvalue: str, trace: Trace, reader: Reader, event: Event | None) -> None:
        self.kind = kind
        self.lvalue = lvalue
        self.trace = trace
        self.reader = reader
        self.event = event
        self.order = event.order if event is not None else len(trace.events)
        self.guards: Guards = event.guards if event is not None else ()

    @cached_property
    def _whole(self) -> list[Event]:
        """Events of the whole struct before this point, latest first, up to one that sets all of it."""
        events: list[Event] = []
        for event, _ in self.reader.reaching(self.lvalue, self.order, self.guards):
            events.append(event)
        return events

    @property
    def zeroed(self) -> bool | None:
        """False if the struct certainly had garbage before its fields were set, None if that is unknown."""
        if any(event.kind in ("escape", "copy") for event in self._whole):
            return None
        if any(event.kind == "zero" for event in self._whole):
            return True
        return False if any(event.kind == "declare" for event in self._whole) else None

    @property
    def complete(self) -> bool:
        """True if all writes to the struct are known, so that a field without a write was never set."""
        if any(event.kind == "escape" for event in self._whole):
            return False
        copies = [event for event in self._whole if event.kind == "copy"]
        if copies:
            origin = Info(self.kind, copies[0].other, self.trace, self.reader, copies[0])
            return bool(copies[0].other) and origin.complete
        if is_shared(self.lvalue) and not self.lvalue.lstrip("*").startswith("::"):
            return False
        return any(event.kind in ("zero", "declare") for event in self._whole)

    @property
    def declaration(self) -> Event | None:
        """The declaration of a local struct without a value; None otherwise."""
        return next(
            (event for event in self.trace.events if event.lvalue == self.lvalue and event.kind == "declare"), None
        )

    def text(self, field: str) -> list[Found]:
        """Return the possible values of a text field; empty if it is never written."""
        return self.reader.text_at(f"{self.lvalue}.{field}", self.order, self.guards)

    def surely(self, field: str, item: Found) -> bool:
        """Return True if a text field has exactly this value, without a condition and without alternatives."""
        return not item.guards and HOLE not in item.value and len(self.text(field)) == 1

    def written(self, field: str) -> list[Event]:
        """Return the assignments to a field that can still have an effect."""
        lvalue = f"{self.lvalue}.{field}"
        events = [event for event, _ in self.reader.reaching(lvalue, self.order, self.guards) if event.kind == "assign"]
        copied = [event.other for event in self._whole if event.kind == "copy" and event.other]
        for other in copied if not events else ():
            events += Info(self.kind, other, self.trace, self.reader, None).written(field)
        return [event for event in events if event.lvalue.endswith("." + field)]

    @cached_property
    def flags(self) -> list[Found]:
        """Return the possible flags and numbers in `ssl_connection` (or a context's `options`), with their conditions."""
        field = "ssl_connection" if self.kind == CLIENT else "options"
        return self.reader.flags_at(f"{self.lvalue}.{field}", self.order, self.guards)

    @property
    def flags_known(self) -> bool:
        """True if every part of the flags is known."""
        return bool(self.written("ssl_connection" if self.kind == CLIENT else "options")) and all(
            item.kind != "unknown" for item in self.flags
        )

    def flag(self, name: str) -> list[Found]:
        """Return the expressions that set a flag, by its name or as a number."""
        items = [item for item in self.flags if name in item.flags]
        # The number 2 alone is a mistake of its own kind, not a client that allows self-signed certificates.
        return [item for item in items if item.kind == "flag" or name == USE_SSL or self.uses_tls]

    @property
    def uses_tls(self) -> bool:
        """True if TLS is certainly enabled, at least under a condition."""
        return bool(self._switches)

    @property
    def _switches(self) -> list[Guards]:
        return [item.guards for item in self.flag(USE_SSL)]

    def always(self, items: Iterable[Found]) -> bool:
        """Return True if one of these is set whenever TLS is used: it has no conditions, or the same as TLS."""
        return always([item.guards for item in items], self._switches, self.guards)


def always(conditions: list[Guards], switches: list[Guards], around: Guards) -> bool:
    """Return True if one of the conditions in `conditions` holds whenever TLS is enabled.

    Args:
        conditions: The conditions of each expression.
        switches: The conditions of each expression that enables TLS; empty if none is known.
        around: The conditions of the call that connects.
    """
    options = simplify(conditions)
    return all(any(implies(option, by + around) for option in options) for by in switches or [()])


def infos(unit: Unit) -> list[Info]:
    """Return all structs of both kinds in a file, one for each call that receives it."""
    traces = trace_file(unit)
    made: list[Info] = []
    handed: set[tuple[int, str] | str] = set()
    for trace in traces:
        reader = Reader(unit, trace, [other for other in traces if other is not trace])
        for event in trace.events:
            if event.kind in ("connect", "create"):
                made.append(Info(CLIENT if event.kind == "connect" else CONTEXT, event.lvalue, trace, reader, event))
                handed.add(event.lvalue if is_shared(event.lvalue) else (id(trace), event.lvalue))
                handed |= {
                    e.other
                    for e in trace.events
                    if e.kind == "copy" and e.lvalue == event.lvalue and is_shared(e.other)
                }
    for trace in traces:
        reader = Reader(unit, trace, [other for other in traces if other is not trace])
        for lvalue, kind in _left(unit, trace):
            if lvalue not in handed and (id(trace), lvalue) not in handed:
                made.append(Info(kind, lvalue, trace, reader, None))
    return made


def _left(unit: Unit, trace: Trace) -> list[tuple[str, str]]:
    """Return the structs with fields that a trace writes, known by declared type or by a unique field."""
    owners: dict[str, str] = {}
    for lvalue in trace.lvalues():
        owner, _, field = lvalue.rpartition(".")
        if owner and (field in _TELLING or unit.structs.get(owner) or unit.kind(owner)):
            owners[owner] = unit.structs.get(owner) or unit.kind(owner) or CLIENT
    return sorted(owners.items())
