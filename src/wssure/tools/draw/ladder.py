"""Draw the handshake as a ladder: the messages of each side in order, and missing ones at their places.

`rungs` reads the facts once; the text here and the picture in `wssure.tools.draw.svg` draw the same rungs.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from wssure import facts
from wssure.diagnose.view import text_of
from wssure.frozen import frozen

_UPGRADED: Final = "101 Switching Protocols"
_TLS: Final = ("ServerHello", "Certificate", "Finished")


@frozen
class Rung:
    """One message, or one that should have been.

    Args:
        to_server: The way it goes.
        label: Its name.
        detail: Its contents; "" for nothing of interest.
        missing: True if it did not come.
        end: True if it ends the connection: an alert, an end of file, silence.
    """

    to_server: bool
    label: str
    detail: str = ""
    missing: bool = False
    end: bool = False


def rungs(seen: Iterable[facts.Fact]) -> tuple[Rung, ...]:
    """Return the messages in the order they were seen, and after them the missing ones.

    Args:
        seen: Of one connection, with the vocabulary of docs/facts.md; an end of file may stand after its consequences.
    """
    kept = [fact for fact in seen if type(fact) in _READERS]
    hellos = [fact for fact in kept if isinstance(fact, facts.ClientHelloSeen)]
    we_serve = any(hello.direction == "received" for hello in hellos)
    all_rungs = [rung for fact in kept for rung in _READERS[type(fact)](fact, we_serve)]
    unique = list(dict.fromkeys(all_rungs))
    ordered = [rung for rung in unique if not rung.end] + [rung for rung in unique if rung.end]
    return (*ordered, *_missing(ordered, tls=bool(hellos)))


def _missing(present: Sequence[Rung], *, tls: bool) -> list[Rung]:
    labels = {rung.label.removesuffix(" (again)") for rung in present if not rung.missing}
    # A handshake that was finished lacks nothing: a resumed one has no Certificate, and not every reader sees all.
    expected = (*_TLS, _UPGRADED) if tls and "Finished" not in labels else (_UPGRADED,)
    absent = [label for label in expected if label not in labels]
    answered = any(rung.label[:3].isdigit() for rung in present)
    if not present or not absent or (answered and absent == [_UPGRADED]):
        return []
    rest = f"nor did {', '.join(absent[1:]).replace(_UPGRADED, '101')}" if absent[1:] else ""
    return [Rung(False, absent[0], rest, missing=True)]


def _client_hello(fact: facts.ClientHelloSeen, we_serve: bool) -> Iterable[Rung]:
    name = fact.server_name
    parts = (
        f'SNI "{name}"' if name else "",
        " ".join(fact.versions),
        " ".join(fact.alpn),
        f"{fact.bytes} bytes" if fact.bytes is not None else "",
    )
    yield Rung(True, f"ClientHello{' (again)' if fact.second else ''}", ", ".join(part for part in parts if part))
    if not name:
        how = "present and empty" if name == "" else "absent"
        yield Rung(True, "server_name (SNI)", f"the extension is {how}", missing=True)


def _server_hello(fact: facts.ServerHelloSeen, we_serve: bool) -> Iterable[Rung]:
    label = "HelloRetryRequest" if fact.hello_retry else "ServerHello"
    yield Rung(False, label, ", ".join(part for part in (fact.version, fact.cipher, fact.group) if part))


def _certificate(fact: facts.CertificateSeen, we_serve: bool) -> Iterable[Rung]:
    if fact.depth not in (0, None):
        return
    shown = ", ".join((*fact.dns_names, *fact.ip_addresses)[:3]) or text_of(fact.subject)
    until = (fact.not_after or "").partition("T")[0]
    yield Rung(False, "Certificate", f"for {shown}" + (f", until {until}" if until else ""))


def _certificate_request(fact: facts.CertificateRequested, we_serve: bool) -> Iterable[Rung]:
    yield Rung(False, "CertificateRequest", ", ".join(fact.ca_names[:2]))


def _verify(fact: facts.VerifyDefect, we_serve: bool) -> Iterable[Rung]:
    yield Rung(True, "refused here", f"{fact.flag}: {text_of(fact.text)}", end=True)


def _alert(fact: facts.AlertSeen, we_serve: bool) -> Iterable[Rung]:
    if fact.number in (0, 90):
        return
    label = f"alert {fact.number}" if fact.number is not None else "alert (encrypted)"
    yield Rung((fact.direction == "sent") is not we_serve, label, text_of(fact.name), end=True)


def _eof(fact: facts.TlsEof, we_serve: bool) -> Iterable[Rung]:
    detail = f"closed after {fact.after.replace('_', ' ') or 'nothing'}"
    yield Rung(we_serve, "end of file", detail + ("" if fact.bytes_received else ", 0 bytes received"), end=True)


def _first_bytes(fact: facts.NotTlsSeen | facts.NotHttpSeen, we_serve: bool) -> Iterable[Rung]:
    yield Rung(we_serve, "no TLS", f'"{text_of(fact.text, 40)}"', end=True)


def _os_error(fact: facts.OsErrorSeen, we_serve: bool) -> Iterable[Rung]:
    label = {"ECONNRESET": "reset", "ECONNREFUSED": "refused"}.get(fact.name, fact.name or "error")
    yield Rung(we_serve, label, text_of(fact.text), end=True)


def _timeout(fact: facts.TimedOut, we_serve: bool) -> Iterable[Rung]:
    yield Rung(we_serve, "silence", f"for {text_of(fact.limit_s)} s, then we gave up", end=True)


def _done(fact: facts.TlsDone, we_serve: bool) -> Iterable[Rung]:
    alpn = f", ALPN {fact.alpn}" if fact.alpn else ""
    resumed = ", resumed" if fact.resumed else ""
    yield Rung(True, "Finished", f"{text_of(fact.version)}, {text_of(fact.cipher)}{alpn}{resumed}")


def _request(fact: facts.RequestSeen, we_serve: bool) -> Iterable[Rung]:
    yield Rung(True, f"{text_of(fact.method)} (upgrade)", f"Host {text_of(fact.host) or 'absent'}")


def _response(fact: facts.ResponseSeen, we_serve: bool) -> Iterable[Rung]:
    yield Rung(False, f"{fact.status} {text_of(fact.reason)}".strip(), "", end=fact.status != 101)


def _proxy_response(fact: facts.ProxyResponse, we_serve: bool) -> Iterable[Rung]:
    status = f"{fact.status} {text_of(fact.reason)}".strip()
    yield Rung(True, "CONNECT", "to the proxy")
    if 200 <= fact.status < 300:
        yield Rung(False, "tunnel", status)
    else:
        yield Rung(False, status, "of the proxy", end=True)


def _proxy_eof(fact: facts.ProxyEof, we_serve: bool) -> Iterable[Rung]:
    yield Rung(True, "CONNECT", "to the proxy")
    yield from _http_eof(fact, we_serve)


def _http_eof(fact: facts.HttpEof | facts.ProxyEof, we_serve: bool) -> Iterable[Rung]:
    yield Rung(we_serve, "end of file", f"{fact.bytes_received} bytes of the answer", end=True)


_READERS: Final[dict[type[facts.Fact], Callable[[Any, bool], Iterable[Rung]]]] = {
    facts.ClientHelloSeen: _client_hello,
    facts.ServerHelloSeen: _server_hello,
    facts.CertificateSeen: _certificate,
    facts.CertificateRequested: _certificate_request,
    facts.VerifyDefect: _verify,
    facts.AlertSeen: _alert,
    facts.TlsEof: _eof,
    facts.NotTlsSeen: _first_bytes,
    facts.TlsDone: _done,
    facts.OsErrorSeen: _os_error,
    facts.TimedOut: _timeout,
    facts.RequestSeen: _request,
    facts.ResponseSeen: _response,
    facts.NotHttpSeen: _first_bytes,
    facts.HttpEof: _http_eof,
    facts.ProxyEof: _proxy_eof,
    facts.ProxyResponse: _proxy_response,
}


def ladder(seen: Iterable[facts.Fact], *, width: int = 100) -> str:
    """Draw the handshake as text.

    Args:
        seen: Of one connection.
        width: Columns to use; longer text is cut.

    Returns:
        Lines without a final newline; an empty text if there were no messages.
    """
    drawn = rungs(seen)
    if not drawn:
        return ""
    span = max(max(len(rung.label) for rung in drawn) + 10, 24)
    lines = [f"  client{'server':>{span - 2}}"]
    lines += [_line(rung, span)[:width].rstrip() for rung in drawn]
    return "\n".join(lines)


def _line(rung: Rung, span: int) -> str:
    dash = "╌" if rung.missing else "─"
    label = f" {rung.label} "
    fill = span - len(label) - 2
    if rung.missing:
        arrow = (
            f"{dash * 2}{label}{dash * (fill - 2)} ✗" if rung.to_server else f"✗ {dash * (fill - 2)}{label}{dash * 2}"
        )
        word = "missing" if rung.to_server else "never came"
        detail = f"{word}{', ' + rung.detail if rung.detail else ''}"
    else:
        arrow = f"{dash * 2}{label}{dash * (fill - 1)}▶" if rung.to_server else f"◀{dash * (fill - 1)}{label}{dash * 2}"
        detail = rung.detail
    rail = "┊" if rung.missing else "│"
    return f"    {rail}{arrow}{rail}  {detail}"
