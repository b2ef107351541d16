"""Which TLS library sent a ClientHello: ranked guesses with their reasons, from a small table of recordings.

Two kinds of evidence count. A *recording* is a hello from a known client: if cipher suites, extensions, groups and
signature algorithms all match, the library and its settings are very likely the same. The *order of extensions* is
written in each library's code and survives every configuration, so it names the library if no recording fits. Neither proves
anything, since any program can imitate any hello: no guess is ever `certain`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Final

from wssure.evidence import Confidence
from wssure.frozen import frozen
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
        tls: The library's family: `openssl mbedtls gnutls go java boringssl`.
        library: The library and, if known, its version, such as `Mbed TLS 3.4.0`.
        recorded_from: Clients that sent the same hello when they were recorded; empty if no recording fits.
        confidence: `likely` or `possible`, never `certain`.
        why: The reasons for it, strongest first.
    """

    tls: str
    library: str
    recorded_from: tuple[str, ...]
    confidence: Confidence
    why: tuple[str, ...]

    @property
    def name(self) -> str:
        """One phrase: the clients it was recorded from and the library, or the library alone if that says too much."""
        if self.confidence is not Confidence.LIKELY or not self.recorded_from:
            return self.library
        return f"{_either(self.recorded_from)} on {self.library}"

    def to_json(self) -> dict[str, Any]:
        """Return the guess as a JSON object."""
        return {
            "name": self.name,
            "tls": self.tls,
            "library": self.library,
            "recorded_from": list(self.recorded_from),
            "confidence": self.confidence.value,
            "why": list(self.why),
        }


def _either(clients: tuple[str, ...]) -> str:
    """Join names with `or`, a program's name once before all its versions."""
    program = clients[0].rpartition(" ")[0]
    rest = [client.removeprefix(f"{program} ") if program else client for client in clients[1:]]
    first = clients[0]
    return f"{', '.join([first, *rest[:-1]])} or {rest[-1]}" if rest else first


@frozen
class _Recording:
    """The parts of one recorded hello; lists without GREASE, long ones as digests of their numbers in order."""

    tls: str
    library: str
    clients: tuple[str, ...]
    ciphers: str
    extensions: tuple[int, ...]  # without server_name and padding, which do not depend on the library
    groups: tuple[int, ...]
    signatures: str
    alpn: tuple[str, ...] = ()
    shuffled: bool = False  # the extensions come in a new order each time, and stand here sorted


_OPENSSL_GROUPS: Final = (29, 23, 30, 25, 24, 256, 257, 258, 259, 260)
_OPENSSL_CIPHERS: Final = "d7c3e2abb617"
_OPENSSL_SIGNATURES: Final = "aa015b1ff546"
_H1: Final = ("http/1.1",)

# Recorded in 2026 with the bytes of tests/vectors, from which a test derives every row again.
_RECORDINGS: Final = (
    _Recording(
        "mbedtls", "Mbed TLS 3.4.0", ("libwebsockets 4.3.3",),
        "f42ca17d65b7", (16, 10, 13, 11, 22, 23, 35), (29, 23, 24, 30, 25, 26, 27, 28), "ddcb389ba5f0", _H1,
    ),
    _Recording(
        "mbedtls", "Mbed TLS 3.6.6", ("libwebsockets 5.0.0",),
        "3d9229721659", (16, 43, 51, 45, 10, 13, 11, 22, 23, 35),
        (29, 23, 24, 30, 25, 26, 27, 28, 256, 257, 258, 259, 260), "2f427fcc060c", _H1,
    ),
    _Recording(
        "mbedtls", "Mbed TLS 2.28.8", ("python-mbedtls 2.10.1",),
        "f42ca17d65b7", (13, 10, 11, 22, 23, 35), (25, 28, 24, 27, 23, 22, 26, 21, 20, 19, 18, 29, 30), "bd165fd8340f",
    ),
    _Recording(
        "openssl", "OpenSSL 3.0", ("libwebsockets 4.1.6", "libwebsockets 4.3.3", "libwebsockets 5.0.0"),
        _OPENSSL_CIPHERS, (11, 10, 35, 16, 22, 23, 13, 43, 45, 51), _OPENSSL_GROUPS, _OPENSSL_SIGNATURES, _H1,
    ),
    _Recording(
        "openssl", "OpenSSL 3.0", ("openssl s_client 3.0.19",),
        _OPENSSL_CIPHERS, (11, 10, 35, 22, 23, 13, 43, 45, 51), _OPENSSL_GROUPS, _OPENSSL_SIGNATURES,
    ),
    _Recording(
        "openssl", "OpenSSL 3.0", ("curl 7.88.1",),
        _OPENSSL_CIPHERS, (11, 10, 16, 22, 23, 49, 13, 43, 45, 51), _OPENSSL_GROUPS, _OPENSSL_SIGNATURES,
        ("h2", "http/1.1"),
    ),
    _Recording(
        "openssl", "OpenSSL 3.6.5", ("libcurl 8.23.0",),
        "8d44cdc55eec", (65281, 11, 10, 22, 23, 49, 13, 43, 45, 51), (4588, 29, 23, 30, 24, 25, 256, 257), "4800f7f81e77",
    ),
    _Recording(
        "openssl", "OpenSSL 3.0 through Python's ssl module",
        ("websockets", "aiohttp 3.14.5", "websocket-client 1.9.2", "picows 2.3.1"),
        "a2fb288ce784", (11, 10, 35, 22, 23, 13, 43, 45, 51), _OPENSSL_GROUPS, _OPENSSL_SIGNATURES,
    ),
    _Recording(
        "openssl", "OpenSSL 3 inside Node.js", ("ws 8.23.0 on Node.js 20.20.2",),
        "cc7cd6c3d805", (11, 10, 35, 22, 23, 13, 43, 45, 51), _OPENSSL_GROUPS, _OPENSSL_SIGNATURES,
    ),
    _Recording(
        "openssl", "OpenSSL 3 inside Node.js", ("undici 7.30.2 on Node.js 20.20.2",),
        "cc7cd6c3d805", (11, 10, 35, 16, 22, 23, 13, 43, 45, 51), _OPENSSL_GROUPS, _OPENSSL_SIGNATURES, _H1,
    ),
    _Recording(
        "gnutls", "GnuTLS 3.7.9", ("gnutls-cli 3.7.9",),
        "7c1bf9677551", (5, 10, 11, 13, 22, 23, 35, 51, 43, 65281, 45, 28), (23, 24, 25, 29, 30, 256, 257, 258, 259, 260),
        "ac650033a190",
    ),
    _Recording(
        "go", "Go 1.19.8 crypto/tls", ("a Go program",),
        "b565e0f3de94", (5, 10, 11, 13, 65281, 18, 43, 51), (29, 23, 24, 25), "782dc9992993",
    ),
    _Recording(
        "java", "Java 17 (JSSE)", ("HttpClient of Java 17",),
        "b6853ad800cc", (5, 10, 11, 17, 23, 35, 13, 43, 45, 50, 51), (29, 23, 24, 25, 30, 256, 257, 258, 259, 260),
        "63bcd58f2dde",
    ),
    _Recording(
        "boringssl", "BoringSSL inside Chromium", ("Chromium 156",),
        "acb858a92679", (5, 10, 11, 13, 16, 18, 23, 27, 35, 43, 45, 51, 51764, 65037, 65281), (4588, 29, 23, 24),
        "59c40603786c", _H1, shuffled=True,
    ),
)  # fmt: skip


@frozen
class _Order:
    """In which order a library's code writes its extensions: as recorded, ALPN's place also as its source has it."""

    tls: str
    library: str
    extensions: tuple[int, ...]
    mark: frozenset[int] = frozenset()  # extensions only this library sends by default


_ORDERS: Final = (
    _Order("mbedtls", "Mbed TLS 3", (0, 16, 43, 51, 45, 10, 13, 11, 22, 23, 35)),
    _Order("mbedtls", "Mbed TLS 2", (0, 13, 10, 11, 22, 23, 16, 35)),
    _Order("openssl", "OpenSSL", (65281, 0, 11, 10, 35, 5, 16, 22, 23, 49, 13, 43, 45, 51, 21)),
    _Order("gnutls", "GnuTLS", (5, 10, 11, 13, 22, 23, 35, 51, 43, 65281, 0, 45, 28)),
    _Order("go", "Go's crypto/tls", (0, 5, 10, 11, 13, 65281, 16, 18, 43, 51)),
    _Order("java", "Java's JSSE", (0, 5, 10, 11, 16, 17, 23, 35, 13, 43, 45, 50, 51), frozenset({17, 50})),
)
# How many extensions must stand in a library's order before it is worth a word.
_FEWEST: Final = 4


def identify(hello: ClientHello) -> tuple[Guess, ...]:
    """Return the likely senders of a hello, best first; empty if nothing matches.

    Args:
        hello: The first ClientHello of a connection; a second one after a HelloRetryRequest reads the same.
    """
    recorded = sorted(
        ((_score(same), recording, same) for recording in _RECORDINGS if (same := _same_parts(hello, recording))),
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
    "shuffled": "its extensions, shuffled, and GREASE among them",
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
        ids = tuple(sorted(ids)) if any(map(is_grease, hello.extension_ids)) else ()
    parts = {
        "ciphers": digest(hello.cipher_suites) == recording.ciphers,
        "extensions": ids == recording.extensions,
        "signatures": digest(hello.signature_algorithms) == recording.signatures,
        "groups": tuple(number for number in hello.groups if not is_grease(number)) == recording.groups,
        "alpn": hello.alpn == recording.alpn,
    }
    return tuple(part for part, equal in parts.items() if equal)


def _recorded_guess(recording: _Recording, same: tuple[str, ...]) -> Guess:
    whole = set(same) == set(_WEIGHTS)
    reasons = ["shuffled" if part == "extensions" and recording.shuffled else part for part in same]
    if reasons == ["alpn"] or not recording.alpn:
        reasons = [part for part in reasons if part != "alpn"]  # no ALPN on either side tells nothing
    return Guess(
        recording.tls,
        recording.library,
        recording.clients,
        Confidence.LIKELY if whole else Confidence.POSSIBLE,
        tuple(_REASONS[part] for part in reasons),
    )


def _by_order(hello: ClientHello) -> list[Guess]:
    """Return the libraries that write the extensions in this order, if enough extensions match."""
    sent = [number for number in hello.extension_ids if not is_grease(number)]
    if len(sent) != len(hello.extension_ids):
        return []  # of the libraries with a fixed order none sends GREASE
    orders_found = []
    for order in _ORDERS:
        positions = [order.extensions.index(number) for number in sent if number in order.extensions]
        if len(positions) >= _FEWEST and positions == sorted(positions) and order.mark <= set(sent):
            orders_found.append((len(positions) + len(order.mark), order))
    most = max((count for count, _ in orders_found), default=0)
    best = [order for count, order in orders_found if count == most]
    confidence = Confidence.LIKELY if len(best) == 1 and most > _FEWEST else Confidence.POSSIBLE
    return [
        Guess(
            order.tls, _version(hello, order), (), confidence, (f"{most} extensions in the order its code writes them",)
        )
        for order in best
    ]


def _version(hello: ClientHello, order: _Order) -> str:
    """Return a library's name, with the version and settings that the hello shows."""
    if order.tls == "openssl" and _ML_KEM in hello.groups:
        return "OpenSSL 3.5 or later"
    if order.tls == "openssl" and _TLS13 in hello.supported_versions:
        return "OpenSSL 1.1.1 or later"
    if order.tls == "mbedtls" and _TLS13 not in hello.supported_versions:
        return f"{order.library}, TLS 1.2 at most"
    return order.library


def _by_grease(hello: ClientHello) -> list[Guess]:
    if not any(map(is_grease, (*hello.cipher_suites, *hello.extension_ids, *hello.groups))):
        return []
    why = "GREASE numbers (RFC 8701), which browsers send"
    return [Guess("boringssl", "BoringSSL or another browser's library", (), Confidence.POSSIBLE, (why,))]
