"""Two engines joined in memory, and what each of them noted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from wssure.facts import AlertSeen, Fact, VerifyDefect
from wssure.tls.contract import DONE, WANT, Engine, EngineFailed, PeerChain

T = TypeVar("T", bound=Fact | PeerChain)


@dataclass
class Notes:
    """The observations of one engine, in order."""

    items: list[Fact | PeerChain] = field(default_factory=list)

    def __call__(self, note: Fact | PeerChain) -> None:
        self.items.append(note)

    def of(self, kind: type[T]) -> list[T]:
        return [note for note in self.items if isinstance(note, kind)]

    def flags(self) -> set[str]:
        return {defect.flag for defect in self.of(VerifyDefect)}

    def alerts(self, direction: str) -> list[int]:
        return [value.number for value in self.of(AlertSeen) if value.direction == direction]


def move(source: Engine, target: Engine, step: int | None = None) -> int:
    """Carry everything one engine wants to send to the other, `step` bytes at a time; return how much it was."""
    data = bytes(source.outgoing())
    source.consume(len(data))
    for start in range(0, len(data), step or max(len(data), 1)):
        target.feed(data[start : start + (step or len(data))])
    return len(data)


def shake(client: Engine, server: Engine, step: int | None = None) -> list[EngineFailed | None]:
    """Run a handshake until nothing moves; return what each side raised (client, server)."""
    pairs = ((client, server), (server, client))
    failures: list[EngineFailed | None] = [None, None]
    states = [WANT, WANT]
    moved = True
    while moved:
        moved = False
        for index, (one, other) in enumerate(pairs):
            if failures[index] is None:
                try:
                    states[index] = one.handshake()
                except EngineFailed as error:
                    failures[index] = error
            moved |= bool(move(one, other, step))
    if failures == [None, None]:
        assert states == [DONE, DONE]
    return failures


def read_all(engine: Engine, size: int = 65536) -> bytes:
    """Return everything that can be read now."""
    buffer = bytearray(size)
    found = bytearray()
    while (count := engine.read_into(buffer)) > 0:
        found += buffer[:count]
    return bytes(found)
