"""Which TLS library sent a ClientHello: ranked guesses with their reasons, from the recordings of senders.toml.

Two kinds of evidence count. A *recording* is a hello from a known client: if cipher suites, extensions, groups and
signature algorithms all match, the library and its settings are very likely the same. The *order of extensions* is
written in each library's code and survives every configuration, so it names the library if no recording fits. Neither proves
anything, since any program can imitate any hello: no guess is ever `certain`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from typing import Final

from wssure.evidence import Confidence
from wssure.frozen import frozen
from wssure.tools.stacks.table import load
from wssure.wire.hello import ClientHello
from wssure.wire.iana import is_grease

_SERVER_NAME: Final = 0
_PADDING: Final = 21
_ML_KEM: Final = 0x11EC
_TLS13: Final = 0x0304
_MOST_GUESSES: Final = 3


@frozen
class Guess:
    """One guess at the sender of a hello.

    Args:
        tls: The library's family: `openssl mbedtls gnutls wolfssl mongoose go java erlang boringssl rustls nss`.
        library: The library; its version too if the hello tells it, such as `OpenSSL 3.5 or later`.
        recorded_from: Programs that sent the same hello when they were recorded; empty if no recording fits.
        confidence: `likely` or `possible`, never `certain`.
        why: The reasons for it, strongest first.
        stacks: Programs with settings that can have made this hello, by their keys in facts.toml.
        program: The program, if only one is known to send this hello.
    """

    tls: str
    library: str
    recorded_from: tuple[str, ...]
    confidence: Confidence
    why: tuple[str, ...]
    stacks: tuple[str, ...] = ()
    program: str = ""

    @property
    def name(self) -> str:
        """One phrase: the program and the library, or the library alone if several programs send the same."""
        return f"{self.program} on {self.library}" if self.program else self.library

    def to_json(self) -> dict[str, object]:
        """Return the guess as a JSON object."""
        return {
            "name": self.name,
            "tls": self.tls,
            "library": self.library,
            "recorded_from": list(self.recorded_from),
            "confidence": self.confidence.value,
            "why": list(self.why),
        }


@frozen
class _Recording:
    """The parts of one recorded hello; senders.toml describes each."""

    tls: str
    library: str
    programs: tuple[str, ...]
    stacks: tuple[str, ...]
    ciphers: str
    extensions: tuple[int, ...]
    groups: tuple[int, ...]
    signatures: str
    named: str = ""
    alpn: tuple[str, ...] = ()
    shuffled: bool = False
    grease: bool = False


@frozen
class _Order:
    """In which order a library's code writes its extensions: as recorded, ALPN's place also as its source has it."""

    tls: str
    library: str
    stacks: tuple[str, ...]
    extensions: tuple[int, ...]
    mark: tuple[int, ...] = ()


@cache
def _recordings() -> tuple[_Recording, ...]:
    return tuple(_Recording(**row) for row in load("senders")["recording"])


@cache
def _orders() -> tuple[_Order, ...]:
    return tuple(_Order(**row) for row in load("senders")["order"])


def recorded_programs(tls: str) -> frozenset[str]:
    """Return the recorded programs on a TLS library, with their versions."""
    return frozenset(program for recording in _recordings() if recording.tls == tls for program in recording.programs)


def stacks_on(tls: str) -> tuple[str, ...]:
    """Return the programs that may use a TLS library."""
    return tuple(dict.fromkeys(stack for order in _orders() if order.tls == tls for stack in order.stacks))


# How many extensions must stand in a library's order before it is worth a word.
_FEWEST: Final = 4


def identify(hello: ClientHello) -> tuple[Guess, ...]:
    """Return the likely senders of a hello, best first; empty if nothing matches.

    Args:
        hello: The first ClientHello of a connection; a second one after a HelloRetryRequest reads the same.
    """
    recorded = sorted(
        ((_score(same), recording, same) for recording in _recordings() if (same := _same_parts(hello, recording))),
        key=lambda scored: -scored[0],
    )
    guesses = [
        _recorded_guess(recording, same)
        for score, recording, same in recorded
        if score >= _score(("extensions", "groups"))
    ]
    if not any(guess.confidence is Confidence.LIKELY for guess in guesses):
        known_libraries = {guess.tls for guess in guesses}
        orders = _by_order(hello)
        # The order names the library with more right than a recording that fits in part.
        guesses = [*orders, *(guess for guess in guesses if not orders or guess.tls in {item.tls for item in orders})]
        guesses += [] if orders or known_libraries else _by_grease(hello)
    return tuple(guesses[:_MOST_GUESSES])


def digest(numbers: Iterable[int]) -> str:
    """Return a short digest of numbers in their order, GREASE left out."""
    text = ",".join(f"{number:04x}" for number in numbers if not is_grease(number))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


_WEIGHTS: Final = {"ciphers": 4, "extensions": 4, "signatures": 2, "groups": 2, "alpn": 1}
_REASONS: Final = {
    "ciphers": "its cipher suites, in the same order",
    "extensions": "its extensions, in the same order",
    "shuffled": "its extensions, in any order",
    "signatures": "its signature algorithms",
    "groups": "its key exchange groups",
    "alpn": "its ALPN",
}


def _score(same: Iterable[str]) -> int:
    return sum(_WEIGHTS[part] for part in same)


def _same_parts(hello: ClientHello, recording: _Recording) -> tuple[str, ...]:
    """Return which parts of a hello are those of a recording."""
    ids = tuple(
        number for number in hello.extension_ids if number not in (_SERVER_NAME, _PADDING) and not is_grease(number)
    )
    if recording.shuffled:
        ids = tuple(sorted(ids)) if any(map(is_grease, hello.extension_ids)) is recording.grease else ()
    parts = {
        "ciphers": digest(hello.cipher_suites) == recording.ciphers,
        "extensions": ids == recording.extensions,
        "signatures": digest(hello.signature_algorithms) == recording.signatures,
        "groups": tuple(number for number in hello.groups if not is_grease(number)) == recording.groups,
        "alpn": hello.alpn == recording.alpn,
    }
    return tuple(part for part, equal in parts.items() if equal)


def fits(hello: ClientHello, recording: _Recording) -> bool:
    """Tell whether all parts of a hello are those of a recording."""
    return set(_same_parts(hello, recording)) == set(_WEIGHTS)


def _recorded_guess(recording: _Recording, same: tuple[str, ...]) -> Guess:
    whole = set(same) == set(_WEIGHTS)
    reasons = ["shuffled" if part == "extensions" and recording.shuffled else part for part in same]
    if reasons == ["alpn"] or not recording.alpn:
        reasons = [part for part in reasons if part != "alpn"]  # no ALPN on either side tells nothing
    return Guess(
        recording.tls,
        recording.library,
        recording.programs,
        Confidence.LIKELY if whole else Confidence.POSSIBLE,
        tuple(_REASONS[part] for part in reasons),
        recording.stacks,
        recording.named if whole else "",
    )


def _by_order(hello: ClientHello) -> list[Guess]:
    """Return the libraries that write the extensions in this order, if enough extensions match."""
    sent = [number for number in hello.extension_ids if not is_grease(number)]
    if len(sent) != len(hello.extension_ids):
        return []  # of the libraries with a fixed order none sends GREASE
    orders_found = []
    for order in _orders():
        positions = [order.extensions.index(number) for number in sent if number in order.extensions]
        if len(positions) >= _FEWEST and positions == sorted(positions) and {*order.mark} <= {*sent}:
            orders_found.append((len(positions) + len(order.mark), order))
    most = max((count for count, _ in orders_found), default=0)
    # Of two orders of one library, which differ by the place of server_name, the first speaks for a hello that has none.
    best = list({order.tls: order for count, order in reversed(orders_found) if count == most}.values())
    confidence = Confidence.LIKELY if len(best) == 1 and most > _FEWEST else Confidence.POSSIBLE
    return [
        Guess(
            order.tls,
            _version(hello, order),
            (),
            confidence,
            (f"{most} extensions in the order its code writes them",),
            order.stacks,
        )
        for order in best
    ]


def _version(hello: ClientHello, order: _Order) -> str:
    """Return a library's name, with the version and settings that the hello shows."""
    if order.library == "OpenSSL" and _ML_KEM in hello.groups:
        return "OpenSSL 3.5 or later"
    if order.library == "OpenSSL" and _TLS13 in hello.supported_versions:
        return "OpenSSL 1.1.1 or later"
    if order.tls in ("mbedtls", "wolfssl") and _TLS13 not in hello.supported_versions:
        return f"{order.library} (TLS 1.2 at most)"
    return order.library


def _by_grease(hello: ClientHello) -> list[Guess]:
    if not any(map(is_grease, (*hello.cipher_suites, *hello.extension_ids, *hello.groups))):
        return []
    why = "GREASE numbers (RFC 8701), which browsers send"
    return [Guess("boringssl", "BoringSSL or another browser's library", (), Confidence.POSSIBLE, (why,))]
