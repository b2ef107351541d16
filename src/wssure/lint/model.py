"""The two structs as a rule sees them: what each field can hold when libwebsockets gets the struct, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Final

from wssure.lint.trace import CLIENT, CONTEXT, Event, Guards, Trace, implied, is_shared
from wssure.lint.tracer import trace_file
from wssure.lint.value import HOLE, Found, Reader, simplified

if TYPE_CHECKING:
    from wssure.lint.unit import Unit

__all__ = ["USE_SSL", "Info", "always", "infos"]

USE_SSL: Final = "LCCSCF_USE_SSL"
# Fields that only the connect-info struct has: writing one shows what a variable is.
_TELLING: Final = ("ssl_connection", "ietf_version_or_minus_one", "client_exts", "local_protocol_name")


class Info:
    """One struct at the moment it is handed to libwebsockets, or at the end of the function where nobody sees that.

    Args:
        kind: `CLIENT` or `CONTEXT`.
        place: Which object.
        trace: The function.
        reader: Evaluates in that function.
        event: The call that hands it over; None where it is not in this file.
    """

    def __init__(self, kind: str, place: str, trace: Trace, reader: Reader, event: Event | None) -> None:
        self.kind = kind
        self.place = place
        self.trace = trace
        self.reader = reader
        self.event = event
        self.order = event.order if event is not None else len(trace.events)
        self.guards: Guards = event.guards if event is not None else ()

    @cached_property
    def _whole(self) -> list[Event]:
        """What happened to the struct as a whole before, latest first, up to what settles it."""
        found: list[Event] = []
        for event, _ in self.reader.reaching(self.place, self.order, self.guards):
            found.append(event)
        return found

    @property
    def zeroed(self) -> bool | None:
        """False where the struct surely held garbage before its fields were set, None where nobody can tell."""
        if any(event.kind in ("escape", "copy") for event in self._whole):
            return None
        if any(event.kind == "zero" for event in self._whole):
            return True
        return False if any(event.kind == "declare" for event in self._whole) else None

    @property
    def complete(self) -> bool:
        """True where everything that was written into the struct is known: what is not seen was not done."""
        if any(event.kind == "escape" for event in self._whole):
            return False
        copies = [event for event in self._whole if event.kind == "copy"]
        if copies:
            origin = Info(self.kind, copies[0].other, self.trace, self.reader, copies[0])
            return bool(copies[0].other) and origin.complete
        if is_shared(self.place) and not self.place.lstrip("*").startswith("::"):
            return False
        return any(event.kind in ("zero", "declare") for event in self._whole)

    @property
    def declaration(self) -> Event | None:
        """Where a local struct was declared without a value; None for any other."""
        return next(
            (event for event in self.trace.events if event.place == self.place and event.kind == "declare"), None
        )

    def text(self, field: str) -> list[Found]:
        """Return what a text field can hold; empty where it is never written."""
        return self.reader.text_at(f"{self.place}.{field}", self.order, self.guards)

    def surely(self, field: str, item: Found) -> bool:
        """Return whether a text field holds just this: under no condition, and nothing else can stand there."""
        return not item.guards and HOLE not in item.value and len(self.text(field)) == 1

    def written(self, field: str) -> list[Event]:
        """Return the assignments to a field that can still matter."""
        place = f"{self.place}.{field}"
        found = [event for event, _ in self.reader.reaching(place, self.order, self.guards) if event.kind == "assign"]
        copied = [event.other for event in self._whole if event.kind == "copy" and event.other]
        for other in copied if not found else ():
            found += Info(self.kind, other, self.trace, self.reader, None).written(field)
        return [event for event in found if event.place.endswith("." + field)]

    @cached_property
    def flags(self) -> list[Found]:
        """Return what `ssl_connection` (or a context's `options`) can hold: flags and numbers, with their conditions."""
        field = "ssl_connection" if self.kind == CLIENT else "options"
        return self.reader.flags_at(f"{self.place}.{field}", self.order, self.guards)

    @property
    def flags_known(self) -> bool:
        """True where every part of the flags is known."""
        return bool(self.written("ssl_connection" if self.kind == CLIENT else "options")) and all(
            item.kind != "unknown" for item in self.flags
        )

    def flag(self, name: str) -> list[Found]:
        """Return where a flag is set."""
        return [item for item in self.flags if item.kind == "flag" and item.value == name]

    @property
    def uses_tls(self) -> bool:
        """True where TLS is surely switched on, if only under a condition."""
        return bool(self._switches)

    @property
    def _switches(self) -> list[Guards]:
        odd = [item for item in self.flags if item.kind == "number" and int(item.value) & 1]
        return [item.guards for item in (*self.flag(USE_SSL), *odd)]

    def always(self, found: Iterable[Found]) -> bool:
        """Return whether one of these is set whenever TLS is used: its conditions are those TLS has, or it has none."""
        return always([item.guards for item in found], self._switches, self.guards)


def always(found: list[Guards], switches: list[Guards], around: Guards) -> bool:
    """Return whether something under `found` happens wherever TLS is switched on.

    Args:
        found: The conditions of each place that does it.
        switches: The conditions of each place that switches TLS on; empty where none is known.
        around: The conditions of the call that connects.
    """
    options = simplified(found)
    return all(any(implied(option, by + around) for option in options) for by in switches or [()])


def infos(unit: Unit) -> list[Info]:
    """Return every struct of either kind in a file, at each call that hands it over."""
    traces = trace_file(unit)
    made: list[Info] = []
    handed: set[tuple[int, str] | str] = set()
    for trace in traces:
        reader = Reader(unit, trace, [other for other in traces if other is not trace])
        for event in trace.events:
            if event.kind in ("connect", "create"):
                made.append(Info(CLIENT if event.kind == "connect" else CONTEXT, event.place, trace, reader, event))
                handed.add(event.place if is_shared(event.place) else (id(trace), event.place))
                handed |= {
                    e.other for e in trace.events if e.kind == "copy" and e.place == event.place and is_shared(e.other)
                }
    for trace in traces:
        reader = Reader(unit, trace, [other for other in traces if other is not trace])
        for place, kind in _left(unit, trace):
            if place not in handed and (id(trace), place) not in handed:
                made.append(Info(kind, place, trace, reader, None))
    return made


def _left(unit: Unit, trace: Trace) -> list[tuple[str, str]]:
    """Return the structs a trace writes fields of, by declared type or by a field no other struct has."""
    found: dict[str, str] = {}
    for place in trace.places():
        owner, _, field = place.rpartition(".")
        if owner and (field in _TELLING or unit.structs.get(owner) or unit.kind(owner)):
            found[owner] = unit.structs.get(owner) or unit.kind(owner) or CLIENT
    return sorted(found.items())
