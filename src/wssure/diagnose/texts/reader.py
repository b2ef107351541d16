"""From a pasted text or a whole log to a ranked list of causes.

Whatever the bytes are (two encodings mixed, colours, a core dump), the answer is a list or a plain "not recognised" with
the nearest guess. A text shows one side's last words, so the list is ranked and says what would decide.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from wssure.diagnose.causes import catalogue, find
from wssure.diagnose.texts import (
    chromium,
    curl,
    esp_idf,
    go,
    java,
    libwebsockets,
    mbedtls,
    node,
    openssl,
    other_tls,
    python_clients,
    python_ssl,
    system,
    web_servers,
)
from wssure.diagnose.texts.model import Candidate, Context, Hit, Library
from wssure.diagnose.texts.symptom import guesses
from wssure.endpoint import printable
from wssure.evidence import Confidence

__all__ = ["LIBRARIES", "Reading", "clean", "read"]

# The most telling first: a program's own words before those of the library below it, the system's last.
LIBRARIES: Final[tuple[Library, ...]] = (
    libwebsockets.LIBRARY,
    web_servers.NGINX,
    web_servers.HAPROXY,
    esp_idf.LIBRARY,
    python_clients.WEBSOCKET_CLIENT,
    python_clients.WEBSOCKETS,
    python_clients.AIOHTTP,
    chromium.LIBRARY,
    node.LIBRARY,
    go.LIBRARY,
    java.LIBRARY,
    curl.LIBRARY,
    other_tls.GNUTLS,
    other_tls.WOLFSSL,
    other_tls.RUSTLS,
    other_tls.DOTNET,
    other_tls.FIREFOX,
    mbedtls.LIBRARY,
    openssl.LIBRARY,
    python_ssl.LIBRARY,
    system.LIBRARY,
)
# Programs whose words are others' too: their rules are tried only on texts that bear their mark somewhere.
_MARKED_ONLY: Final = frozenset(
    {
        "nginx",
        "haproxy",
        "Node.js",
        "Go",
        "Java",
        "curl",
        "GnuTLS",
        "wolfSSL",
        "rustls",
        ".NET",
        "Firefox",
        "aiohttp",
        "Chromium",
    }
)
_ESCAPES: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_WORD: Final = re.compile(r"[a-z][a-z0-9_-]{3,}")
MAX_BYTES: Final = 4 * 2**20
_MAX_LINES: Final = 5000
_MAX_LINE: Final = 4000
_ORDER: Final = list(Confidence)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says.

    Args:
        candidates: Best first; empty where nothing was recognised.
        nearest: Where nothing was recognised, the cause whose page shares most words with the text; None for none.
        undecided: True where the text alone cannot decide between candidates.
    """

    candidates: tuple[Candidate, ...]
    nearest: str | None = None
    undecided: bool = False


def clean(data: bytes | str) -> str:
    """Return readable text: decoded whatever the encoding, without colours and control characters, cut at 4 MiB."""
    if isinstance(data, bytes):
        head, tail = data[: MAX_BYTES // 4], data[-(3 * MAX_BYTES // 4) :]
        data = _decode(data if len(data) <= MAX_BYTES else head + b"\n" + tail)
    text = data if len(data) <= MAX_BYTES else data[: MAX_BYTES // 4] + "\n" + data[-(3 * MAX_BYTES // 4) :]
    return _CONTROL.sub(" ", _ESCAPES.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def _decode(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if data[:200].count(0) > len(data[:200]) // 3:
        return data.decode("utf-16-le", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Line by line, because logs are made of many writers' lines.
        return "\n".join(_decode_line(line) for line in data.split(b"\n"))


def _decode_line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def read(data: bytes | str, context: Context | None = None) -> Reading:
    """Read an error text or log.

    Args:
        data: As pasted, or a file's bytes.
        context: What the user knows besides.

    Returns:
        The causes that the text allows, best first.
    """
    context = context or Context()
    text = clean(data)
    lines = list(dict.fromkeys(line.strip()[:_MAX_LINE] for line in text.split("\n") if line.strip()))
    marks = [*lines[:500], *lines[-1500:]]
    carriers = [library for library in LIBRARIES if library.mark and any(library.mark.search(line) for line in marks)]
    hits = [hit for line in lines[-_MAX_LINES:] for hit in _hits(line, context, carriers, alone=len(lines) == 1)]
    candidates = _ranked(hits, context)
    undecided = len(candidates) > 1 and candidates[0].confidence is not Confidence.CERTAIN
    return Reading(candidates, None if candidates else _nearest(text), undecided)


def _hits(line: str, context: Context, carriers: list[Library], *, alone: bool) -> Iterator[Hit]:
    """Yield what one line reports: the first wording that is found, and with it who wrote the line."""
    marked = [library for library in LIBRARIES if library.mark and library.mark.search(line)]
    for library in LIBRARIES:
        if library.name in _MARKED_ONLY and library not in carriers:
            continue
        symptom, side = _symptom(library, line, context, carriers, alone=alone)
        if symptom:
            wrote = context.side or side or next((one.side for one in marked), library.side)
            yield Hit(library, symptom, wrote, line, tuple(marked or carriers))
            return


def _symptom(library: Library, line: str, context: Context, carriers: list[Library], *, alone: bool) -> tuple[str, str]:
    for rule in library.rules:
        found = rule.pattern.search(line)
        if found:
            group = next((one for one in found.groups() if one), "")
            return rule.symptom.replace("{1}", group.lower()), rule.side
    if library is openssl.LIBRARY:
        return openssl.symptom_of_code(line), ""
    if library is mbedtls.LIBRARY:
        expected = context.tls == "mbedtls" or any(one.name in ("Mbed TLS", "ESP-IDF") for one in carriers)
        return mbedtls.symptom_of_number(line, expected), ""
    return "", ""


def _allowed(hit: Hit) -> tuple[tuple[str, Confidence, str], ...]:
    special = libwebsockets.UNDECIDED.get(hit.symptom)
    if special:
        return tuple((cause, Confidence.POSSIBLE, why) for cause, why in special)
    return guesses(hit.symptom, hit.side)


def _ranked(hits: list[Hit], context: Context) -> tuple[Candidate, ...]:
    """Rank by confidence, then by how many lines speak for it, then by the table's order; one candidate a cause."""
    votes: Counter[str] = Counter()
    best: dict[str, tuple[int, int, Candidate]] = {}
    for hit in hits:
        for place, (cause, confidence, why) in enumerate(_allowed(hit)):
            votes[cause] += 1
            rank = (_ORDER.index(confidence), place)
            if cause not in best or rank < best[cause][:2]:
                best[cause] = (*rank, _candidate(cause, confidence, why, hit, context))
    order = sorted(best.items(), key=lambda one: (one[1][0], -votes[one[0]] if len(hits) > 1 else 0, one[1][1]))
    return tuple(candidate for _, (_, _, candidate) in order)


def _candidate(cause_id: str, confidence: Confidence, why: str, hit: Hit, context: Context) -> Candidate:
    cause = find(cause_id)
    if cause is None:
        raise AssertionError(f"the table names {cause_id}, which is no cause")
    library = _writer(hit)
    return Candidate(cause_id, confidence, why, library, hit.side, cause.probe, _fix(cause_id, cause.fix, hit, context))


def _writer(hit: Hit) -> str:
    """Return who wrote a line: the program, and in brackets the TLS library whose words it passed on."""
    involved = [*hit.carriers, *([] if hit.library is system.LIBRARY else [hit.library])]
    program = next((one.name for one in involved if one.kind in ("", "lws")), "")
    below = next((one.name for one in involved if one.kind not in ("", "lws")), "")
    return f"{program} ({below})" if program and below else program or below or hit.library.name


def _fix(cause_id: str, standing: str, hit: Hit, context: Context) -> str:
    """Return the fix in the terms of the stack that the user named or that wrote the line."""
    if cause_id == "tls.sni-missing" and context.lws and context.tls not in ("", "mbedtls"):
        return 'i.host = "NAME"; with a DNS name: empty and bare IPv6 hosts send no SNI on OpenSSL'
    named = [
        one for one in LIBRARIES if (context.lws and one.kind == "lws") or (context.tls and one.kind == context.tls)
    ]
    for library in (*named, *hit.carriers, hit.library):
        if cause_id in library.fixes:
            return library.fixes[cause_id]
    return standing


def _nearest(text: str) -> str | None:
    """Return the cause whose page shares most words with a text; None where fewer than three are shared."""
    words = set(_WORD.findall(printable(text[:20000], 20000).lower()))
    scores = {cause.id: len(words & set(_WORD.findall((cause.page or "").lower()))) for cause in catalogue()}
    best = max(scores, key=lambda cause_id: scores[cause_id])
    return best if scores[best] >= 3 else None
