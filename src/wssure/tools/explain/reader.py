"""Read a pasted text or a whole log, and identify libraries, symptoms and sides in its lines.

For any bytes (mixed encodings, colours, a core dump), the result is a list or a plain "not recognised" with the nearest
guess. A text has the view of one side only, so the list is ranked and names the deciding experiments.
"""

import re
from typing import Final

from wssure.diagnose.causes import catalogue
from wssure.diagnose.page import source_of
from wssure.evidence import Confidence
from wssure.frozen import frozen
from wssure.text import printable
from wssure.tools.explain import (
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
    question,
    system,
    web_servers,
    windows,
    wolfssl,
)
from wssure.tools.explain.decode import Excerpt, numbered_lines
from wssure.tools.explain.model import NOTHING, SERVER, Candidate, Context, Hit, Library, rules
from wssure.tools.explain.rank import rank

# The most specific first: texts of programs before those of the libraries that they use, the system's last.
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
    question.LIBRARY,
)
_RULES: Final = {library.name: rules(library.texts) for library in LIBRARIES}
# Text that only a server's log has, in the line or near it. Such lines are about clients, even if their library usually
# writes for a client.
_SERVER_LINE: Final = re.compile(
    r"SSL_accept|_accept\b|\baccept failed|esp_https_server|esp_tls_create_server_session|\bssl_?server\b|sslize error|"
    r"websockets\.server|TLS handshake error from|New connection from .{0,300} on port|Socket error on client|\[client \S+\]|"
    r"java_websocket\.server|io\.undertow|org\.xnio|NioEndpoint|GET_CLIENT_HELLO|ACCEPT_SR|process_client_(?:hello|certificate|key)|ServerHandshaker|\bcockpit-tls\b",
    re.IGNORECASE,
)
_NEAR_LINES: Final = 6
_WORD: Final = re.compile(r"[a-z][a-z0-9_-]{3,}")
# The cause is at the beginning or the end of a log.
_FIRST_LINES: Final = 2000
_LAST_LINES: Final = 4000


@frozen
class Reading:
    """The result of reading a text.

    Args:
        candidates: The candidates, most likely first; empty if nothing was recognised.
        nearest: If nothing was recognised, the cause with the page that shares most words with the text; None for none.
        undecided: True if the text alone cannot decide between candidates.
    """

    candidates: tuple[Candidate, ...]
    nearest: str | None = None
    undecided: bool = False


def read(data: bytes | str | Excerpt, context: Context | None = None) -> Reading:
    """Read an error text or log.

    Args:
        data: The pasted text, the bytes of a file, or the two ends of a long file.
        context: Further knowledge of the user.

    Returns:
        The possible causes of the text, most likely first.
    """
    context = context or Context()
    lines = numbered_lines(data)
    if len(lines) > _FIRST_LINES + _LAST_LINES:
        lines = lines[:_FIRST_LINES] + lines[-_LAST_LINES:]
    candidates = rank(_hits(lines, context), context)
    undecided = bool(candidates) and (len(candidates) > 1 or candidates[0].confidence is Confidence.POSSIBLE)
    return Reading(candidates, None if candidates else _nearest(lines), undecided)


def _hits(lines: list[tuple[int, str]], context: Context) -> list[Hit]:
    """Return the first matching rule of each line, with the writers of the line."""
    marks = [
        tuple(candidate for candidate in LIBRARIES if candidate.mark and candidate.mark.search(line))
        for _, line in lines
    ]
    marked = {library.name for first in marks for library in first}
    spoken = tuple(
        candidate
        for candidate in LIBRARIES
        if not candidate.only_marked or candidate.name in marked or (context.tls and candidate.kind == context.tls)
    )
    expected = context.tls == "mbedtls" or bool(marked & {"Mbed TLS", "ESP-IDF", "Arduino-ESP32"})
    programs = _programs(marks)
    servers = _near_servers(lines)
    hits = []
    for index, (number, line) in enumerate(lines):
        first = _first(spoken, line, expected=expected)
        if first is None or first[1] == NOTHING:
            continue
        library, symptom, side = first
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
    for rule in _RULES[library.name]:
        match = rule.pattern.search(line)
        if match:
            group = next((item for item in match.groups() if item), "")
            return rule.symptom.replace("{1}", group.lower()), rule.side
    if library is openssl.LIBRARY:
        return openssl.symptom_of_code(line), ""
    if library is mbedtls.LIBRARY:
        return mbedtls.symptom_of_number(line, expected), ""
    return "", ""


def _writers(marked: tuple[Library, ...], around: Library | None, library: Library) -> tuple[Library, ...]:
    """Return the writers of a line: the program named in it or in the nearest lines, and its TLS library."""
    here = [*marked, *([] if library in (system.LIBRARY, question.LIBRARY) or library in marked else [library])]
    program = next((item for item in here if item.is_program), around)
    below = next((item for item in here if not item.is_program), None)
    return tuple(item for item in (program, below) if item is not None)


def _programs(marks: list[tuple[Library, ...]]) -> list[Library | None]:
    """Return for each line the program named in the nearest line above, else in the first line below."""
    named = [next((program for program in libraries if program.is_program), None) for libraries in marks]
    last = next((program for program in named if program is not None), None)
    around = []
    for program in named:
        last = program or last
        around.append(last)
    return around


def _near_servers(lines: list[tuple[int, str]]) -> set[int]:
    """Return the indexes of the lines near one that only a server's log has."""
    return {
        near
        for index, (_, line) in enumerate(lines)
        if _SERVER_LINE.search(line)
        for near in range(index - _NEAR_LINES, index + _NEAR_LINES + 1)
    }


def _nearest(lines: list[tuple[int, str]]) -> str | None:
    """Return the cause with the page that shares most words with a text; None below three shared words."""
    text = " ".join(line for _, line in lines[:400])
    words = set(_WORD.findall(printable(text[:20000], 20000).lower()))
    scores = {cause.id: len(words & set(_WORD.findall(source_of(cause).lower()))) for cause in catalogue()}
    best = max(scores, key=lambda cause_id: scores[cause_id])
    return best if scores[best] >= 3 else None
