"""Mask the secrets that we sent in text that a peer or a proxy sends back."""

import base64
import binascii
import functools
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from wssure.endpoint import Endpoint
from wssure.facts import Fact
from wssure.protocol.handshake_rule import format_subprotocols
from wssure.proxy import Proxy
from wssure.text import printable
from wssure.wire.http_message import Request

# A shorter value stands in too many words that are no secret.
_SHORTEST: Final = 4
# A longer value is masked from its beginning as far as it goes, if this much is there: peer text is cut before it is masked.
_HEAD: Final = 6
# The headers of an upgrade that hold no secret.
_PUBLIC: Final = frozenset({"host", "upgrade", "connection", "origin", "user-agent"})
_BASE64: Final = (base64.b64encode, base64.urlsafe_b64encode)
_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class ReflectionMask:
    """Mask every secret of one connection in the peer's words.

    The forms of a secret are: as sent, percent-decoded and encoded, base64, hexadecimal, and as escaped in HTML and JSON. The work is
    linear in the length of the text, which is cut before, for each secret. It begins when the first fact is asked for.

    Args:
        endpoint: Its user info and query are secrets; its safe URL contains none.
        request: The upgrade. The values of its headers are secrets, but for those that every upgrade has.
        proxy: Its user and password are secrets; None if there is no proxy.
    """

    def __init__(self, endpoint: Endpoint, request: Request, proxy: Proxy | None) -> None:
        self._sent = endpoint, request, proxy

    def fact(self, fact: Fact) -> Fact:
        """Return a fact with its peer text masked."""
        return fact.with_peer_text(self.text)

    @functools.cached_property
    def _needles(self) -> dict[str, set[str]]:
        """Every form of every secret, by its beginning."""
        needles: dict[str, set[str]] = {}
        for form in (form for secret in _secrets(*self._sent) for form in _forms(secret)):
            needle = form.translate(_LOWER)
            if len(needle) >= _SHORTEST and needle not in self._public:
                needles.setdefault(needle[:_HEAD], set()).add(needle)
        return needles

    @functools.cached_property
    def _public(self) -> str:
        """The parts of the endpoint that every message shows."""
        return f"{self._sent[0].safe_url} {self._sent[0].address}".translate(_LOWER)

    @functools.cached_property
    def _heads(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, sorted(self._needles, key=len, reverse=True))) or r"(?!)")

    def text(self, text: str) -> str:
        """Return peer text with each secret in it as `…`."""
        lowered = text.translate(_LOWER)
        parts: list[str] = []
        end = 0
        while match := self._heads.search(lowered, end):
            start, before = match.start(), end
            end = max(_common_length(lowered, start, needle) for needle in self._needles[match[0]])
            parts += (text[before:start], text[start:end] if lowered[start:end] in self._public else "…")
        return "".join((*parts, text[end:])) if parts else text


def _common_length(text: str, at: int, needle: str) -> int:
    """Return how far a text agrees with a needle from a position on."""
    return at + next(
        (
            index
            for index, (ours, other) in enumerate(zip(needle, text[at : at + len(needle)], strict=False))
            if ours != other
        ),
        min(len(needle), len(text) - at),
    )


def _secrets(endpoint: Endpoint, request: Request, proxy: Proxy | None) -> Iterator[str]:
    """Yield every secret as it was sent."""
    for userinfo in (endpoint.userinfo, proxy.userinfo if proxy else None):
        if userinfo is not None:
            yield from userinfo
            yield ":".join(userinfo)
    for part in endpoint.path.partition("?")[2].split("&"):
        name, equals, value = part.partition("=")
        yield value if equals else name
    for name, value in request.headers.items():
        lowered = name.lower()
        if lowered == "sec-websocket-protocol":
            yield from (item for item in value.split(", ") if format_subprotocols(item) != item)
        elif lowered not in _PUBLIC and not lowered.startswith("sec-websocket-"):
            yield from _values(lowered, value)


def _values(name: str, value: str) -> Iterator[str]:
    """Yield the secrets in the value of a header: without the scheme of an Authorization, and the names of cookies and parameters."""
    words = [word for word in re.split(r"[\s;,]+", value) if word]
    for word in words[1:] if name.endswith("authorization") and len(words) > 1 else words:
        parameter = re.match(r"[^=]*=(?=[^=])", word)
        bare = word[parameter.end() if parameter else 0 :].strip('"')
        yield bare
        try:
            yield from base64.b64decode(bare, validate=True).decode().split(":", 1)
        except (binascii.Error, ValueError):
            pass


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret in every form in which it is likely to come back."""
    import html  # here, because only a failure needs these
    import json

    for text in dict.fromkeys((secret, unquote(secret), unquote_plus(secret))):
        if len(text) < _SHORTEST:
            continue
        data = text.encode("utf-8", "replace")
        whole = len(data) // 3 * 3
        for form in (
            text,
            text.rstrip("="),
            quote(data, safe=""),
            quote(data, safe="/:@!$&'()*+,;="),
            quote_plus(data),
            html.escape(text),
            json.dumps(text)[1:-1],
            *(encode(part).decode().rstrip("=") for encode in _BASE64 for part in (data, data[:whole])),
        ):
            for read in (form, form.encode("utf-8", "replace").decode("latin-1")):
                shown = printable(read, len(read))
                yield from (read, shown, shown.replace("\\", "\\\\"), read.encode("latin-1", "replace").hex())
        yield text.encode("latin-1", "replace").decode("utf-8", "replace")
