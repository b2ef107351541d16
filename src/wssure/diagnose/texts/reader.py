"""From a pasted text or a whole log to what its lines report: which library says what, and on which side.

Whatever the bytes are (two encodings mixed, colours, a core dump), the answer is a list or a plain "not recognised" with
the nearest guess. A text shows one side's last words, so the list is ranked and says what would decide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from wssure.diagnose.causes import catalogue
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
    windows,
    wolfssl,
)
from wssure.diagnose.texts.decode import Excerpt, numbered_lines
from wssure.diagnose.texts.model import NOTHING, SERVER, Candidate, Context, Hit, Library
from wssure.diagnose.texts.rank import rank
from wssure.endpoint import printable
from wssure.evidence import Confidence

__all__ = ["LIBRARIES", "Reading", "read"]

# The most telling first: a program's own words before those of the library below it, the system's last.
LIBRARIES: Final[tuple[Library, ...]] = (
    libwebsockets.LIBRARY,
    web_servers.NGINX,
    web_servers.HAPROXY,
    esp_idf.ARDUINO,
    esp_idf.LIBRARY,
    python_clients.WEBSOCKET_CLIENT,
    python_clients.WEBSOCKETS,
    python_clients.AIOHTTP,
    chromium.LIBRARY,
    node.LIBRARY,
    go.LIBRARY,
    java.LIBRARY,
    windows.SCHANNEL,
    curl.LIBRARY,
    other_tls.GNUTLS,
    wolfssl.LIBRARY,
    other_tls.WEBSOCKETPP,
    other_tls.TUNGSTENITE,
    other_tls.RUSTLS,
    windows.DOTNET,
    other_tls.FIREFOX,
    mbedtls.LIBRARY,
    openssl.LIBRARY,
    python_ssl.LIBRARY,
    system.LIBRARY,
)
# What words only a server's log has, in the line or near it. Its lines are about clients, also where a library that mostly
# speaks for a client wrote them.
_SERVER_LINE: Final = re.compile(
    r"SSL_accept|_accept\b|\baccept failed|esp_https_server|esp_tls_create_server_session|\bssl_?server\b|sslize error|"
    r"websockets\.server|TLS handshake error from|New connection from .{0,300} on port|Socket error on client|\[client \S+\]|"
    r"java_websocket\.server|io\.undertow|org\.xnio|NioEndpoint|GET_CLIENT_HELLO|ACCEPT_SR|process_client_(?:hello|certificate|key)|ServerHandshaker|\bcockpit-tls\b",
    re.IGNORECASE,
)
_NEAR_LINES: Final = 6
_WORD: Final = re.compile(r"[a-z][a-z0-9_-]{3,}")
# A log's cause stands where it began or where it ended.
_FIRST_LINES: Final = 2000
_LAST_LINES: Final = 4000


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


def read(data: bytes | str | Excerpt, context: Context | None = None) -> Reading:
    """Read an error text or log.

    Args:
        data: As pasted, a file's bytes, or the two ends of a long file.
        context: What the user knows besides.

    Returns:
        The causes that the text allows, best first.
    """
    context = context or Context()
    lines = numbered_lines(data)
    if len(lines) > _FIRST_LINES + _LAST_LINES:
        lines = lines[:_FIRST_LINES] + lines[-_LAST_LINES:]
    candidates = rank(_hits(lines, context), context)
    undecided = bool(candidates) and (len(candidates) > 1 or candidates[0].confidence is Confidence.POSSIBLE)
    return Reading(candidates, None if candidates else _nearest(lines), undecided)


def _hits(lines: list[tuple[int, str]], context: Context) -> list[Hit]:
    """Return what the lines report: in each the first wording that is found, and with it who wrote the line."""
    marks = [tuple(one for one in LIBRARIES if one.mark and one.mark.search(line)) for _, line in lines]
    marked = {library.name for found in marks for library in found}
    spoken = tuple(
        one
        for one in LIBRARIES
        if not one.only_marked or one.name in marked or (context.tls and one.kind == context.tls)
    )
    expected = context.tls == "mbedtls" or bool(marked & {"Mbed TLS", "ESP-IDF", "Arduino-ESP32"})
    programs = _programs(marks)
    servers = _near_servers(lines)
    hits = []
    for index, (number, line) in enumerate(lines):
        found = _first(spoken, line, expected=expected)
        if found is None or found[1] == NOTHING:
            continue
        library, symptom, side = found
        writers = _writers(marks[index], programs[index], library)
        usual = SERVER if index in servers else writers[0].side if writers else library.side
        hits.append(Hit(library, symptom, context.side or side or usual, number, line, writers))
    return hits


def _first(spoken: tuple[Library, ...], line: str, *, expected: bool) -> tuple[Library, str, str] | None:
    for library in spoken:
        symptom, side = _symptom(library, line, expected=expected)
        if symptom:
            return library, symptom, side
    return None


def _symptom(library: Library, line: str, *, expected: bool) -> tuple[str, str]:
    for rule in library.rules:
        found = rule.pattern.search(line)
        if found:
            group = next((one for one in found.groups() if one), "")
            return rule.symptom.replace("{1}", group.lower()), rule.side
    if library is openssl.LIBRARY:
        return openssl.symptom_of_code(line), ""
    if library is mbedtls.LIBRARY:
        return mbedtls.symptom_of_number(line, expected), ""
    return "", ""


def _writers(marked: tuple[Library, ...], around: Library | None, library: Library) -> tuple[Library, ...]:
    """Return who wrote a line: the program it names, else the nearest that other lines name, and the TLS library below."""
    here = [*marked, *([] if library is system.LIBRARY or library in marked else [library])]
    program = next((one for one in here if one.is_program), around)
    below = next((one for one in here if not one.is_program), None)
    return tuple(one for one in (program, below) if one is not None)


def _programs(marks: list[tuple[Library, ...]]) -> list[Library | None]:
    """Return for each line the program that the nearest line above names, or else the first below."""
    named = [next((one for one in found if one.is_program), None) for found in marks]
    last = next((one for one in named if one is not None), None)
    around = []
    for one in named:
        last = one or last
        around.append(last)
    return around


def _near_servers(lines: list[tuple[int, str]]) -> set[int]:
    """Return the places of the lines that stand near one that only a server's log has."""
    return {
        near
        for index, (_, line) in enumerate(lines)
        if _SERVER_LINE.search(line)
        for near in range(index - _NEAR_LINES, index + _NEAR_LINES + 1)
    }


def _nearest(lines: list[tuple[int, str]]) -> str | None:
    """Return the cause whose page shares most words with a text; None where fewer than three are shared."""
    text = " ".join(line for _, line in lines[:400])
    words = set(_WORD.findall(printable(text[:20000], 20000).lower()))
    scores = {cause.id: len(words & set(_WORD.findall((cause.page or "").lower()))) for cause in catalogue()}
    best = max(scores, key=lambda cause_id: scores[cause_id])
    return best if scores[best] >= 3 else None
