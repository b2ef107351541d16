"""The handshake as a ladder: what each side said, in order, and what is missing drawn in where it should have stood.

`rungs` reads the facts once; the text here and the picture in `wssure.diagnose.svg` draw the same rungs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from wssure.diagnose.view import text_of
from wssure.evidence import Fact

__all__ = ["Rung", "ladder", "rungs"]

Value = Mapping[str, Any]

_UPGRADED: Final = "101 Switching Protocols"
_TLS: Final = ("ServerHello", "Certificate", "Finished")


@dataclass(frozen=True, slots=True)
class Rung:
    """One message, or one that should have been.

    Args:
        to_server: The way it goes.
        label: Its name.
        detail: What is in it; "" for nothing worth telling.
        missing: True where it did not come; then nothing went that way.
        end: True for what ends the connection: an alert, an end of file, silence.
    """

    to_server: bool
    label: str
    detail: str = ""
    missing: bool = False
    end: bool = False


def rungs(facts: Iterable[Fact]) -> tuple[Rung, ...]:
    """Return what was said, in the order it was seen, and after it what never came.

    Args:
        facts: Of one connection, with the vocabulary of docs/facts.md; an end of file may stand after its consequences.
    """
    kept = [fact for fact in facts if isinstance(fact.value, Mapping) and fact.kind in _READERS]
    hellos = [fact.value for fact in kept if fact.kind == "tls.client_hello"]
    we_serve = any(hello.get("direction") == "received" for hello in hellos)
    found = [rung for fact in kept for rung in _READERS[fact.kind](fact.value, we_serve)]
    unique = list(dict.fromkeys(found))
    said = [rung for rung in unique if not rung.end] + [rung for rung in unique if rung.end]
    return (*said, *_missing(said, tls=bool(hellos)))


def _missing(said: Sequence[Rung], *, tls: bool) -> list[Rung]:
    labels = {rung.label.removesuffix(" (again)") for rung in said if not rung.missing}
    # A handshake that was finished lacks nothing: a resumed one has no Certificate, and not every reader sees all.
    expected = (*_TLS, _UPGRADED) if tls and "Finished" not in labels else (_UPGRADED,)
    absent = [label for label in expected if label not in labels]
    answered = any(rung.label[:3].isdigit() for rung in said)
    if not said or not absent or (answered and absent == [_UPGRADED]):
        return []
    rest = f"nor did {', '.join(absent[1:]).replace(_UPGRADED, '101')}" if absent[1:] else ""
    return [Rung(False, absent[0], rest, missing=True)]


def _client_hello(value: Value, we_serve: bool) -> Iterable[Rung]:
    name = value.get("server_name")
    size = value.get("bytes")
    parts = [f'SNI "{text_of(name, 255)}"' if name else ""]
    for key in ("versions", "alpn"):
        listed = value.get(key)
        parts.append(" ".join(text_of(one) for one in listed) if isinstance(listed, (list, tuple)) else "")
    parts.append(f"{size} bytes" if isinstance(size, int) else "")
    again = " (again)" if value.get("second") else ""
    yield Rung(True, f"ClientHello{again}", ", ".join(part for part in parts if part))
    if not name and "server_name" in value:
        how = "present and empty" if name == "" else "absent"
        yield Rung(True, "server_name (SNI)", f"the extension is {how}", missing=True)


def _server_hello(value: Value, we_serve: bool) -> Iterable[Rung]:
    label = "HelloRetryRequest" if value.get("hello_retry") else "ServerHello"
    detail = ", ".join(text_of(value.get(key)) for key in ("version", "cipher", "group") if value.get(key))
    yield Rung(False, label, detail)


def _certificate(value: Value, we_serve: bool) -> Iterable[Rung]:
    if value.get("depth") not in (0, None):
        return
    names = [*(value.get("dns_names") or ()), *(value.get("ip_addresses") or ())]
    shown = ", ".join(text_of(name) for name in names[:3]) or text_of(value.get("subject"))
    until = text_of(value.get("not_after")).partition("T")[0]
    yield Rung(False, "Certificate", f"for {shown}" + (f", until {until}" if until else ""))


def _certificate_request(value: Value, we_serve: bool) -> Iterable[Rung]:
    names = value.get("ca_names") or ()
    yield Rung(False, "CertificateRequest", ", ".join(text_of(name) for name in names[:2]))


def _verify(value: Value, we_serve: bool) -> Iterable[Rung]:
    yield Rung(True, "refused here", f"{text_of(value.get('flag'))}: {text_of(value.get('text'))}", end=True)


def _alert(value: Value, we_serve: bool) -> Iterable[Rung]:
    ours = value.get("direction") == "sent"
    number = value.get("number")
    if number in (0, 90):
        return
    label = f"alert {text_of(number)}" if number is not None else "alert (encrypted)"
    yield Rung(ours is not we_serve, label, text_of(value.get("name")), end=True)


def _eof(value: Value, we_serve: bool) -> Iterable[Rung]:
    after = text_of(value.get("after")).replace("_", " ")
    count = value.get("bytes_received")
    detail = f"closed after {after or 'nothing'}" + (", not a byte came" if count == 0 else "")
    yield Rung(we_serve, "end of file", detail, end=True)


def _first_bytes(value: Value, we_serve: bool) -> Iterable[Rung]:
    yield Rung(we_serve, "no TLS", f'"{text_of(value.get("text"), 40)}"', end=True)


def _os_error(value: Value, we_serve: bool) -> Iterable[Rung]:
    name = text_of(value.get("name"))
    label = {"ECONNRESET": "reset", "ECONNREFUSED": "refused"}.get(name, name or "error")
    yield Rung(we_serve, label, text_of(value.get("text")), end=True)


def _timeout(value: Value, we_serve: bool) -> Iterable[Rung]:
    yield Rung(we_serve, "silence", f"for {text_of(value.get('limit_s'))} s, then we gave up", end=True)


def _done(value: Value, we_serve: bool) -> Iterable[Rung]:
    alpn = f", ALPN {text_of(value.get('alpn'))}" if value.get("alpn") else ""
    resumed = ", resumed" if value.get("resumed") else ""
    yield Rung(True, "Finished", f"{text_of(value.get('version'))}, {text_of(value.get('cipher'))}{alpn}{resumed}")


def _request(value: Value, we_serve: bool) -> Iterable[Rung]:
    yield Rung(
        True, f"{text_of(value.get('method')) or 'GET'} (upgrade)", f"Host {text_of(value.get('host')) or 'absent'}"
    )


def _response(value: Value, we_serve: bool) -> Iterable[Rung]:
    status = value.get("status")
    yield Rung(False, f"{text_of(status)} {text_of(value.get('reason'))}".strip(), "", end=status != 101)


def _proxy_response(value: Value, we_serve: bool) -> Iterable[Rung]:
    status = value.get("status")
    said = f"{text_of(status)} {text_of(value.get('reason'))}".strip()
    yield Rung(True, "CONNECT", "to the proxy")
    if isinstance(status, int) and 200 <= status < 300:
        yield Rung(False, "tunnel", said)
    else:
        yield Rung(False, said, "of the proxy", end=True)


def _proxy_eof(value: Value, we_serve: bool) -> Iterable[Rung]:
    yield Rung(True, "CONNECT", "to the proxy")
    yield from _http_eof(value, we_serve)


def _http_eof(value: Value, we_serve: bool) -> Iterable[Rung]:
    yield Rung(we_serve, "end of file", f"{text_of(value.get('bytes_received') or 0)} bytes of the answer", end=True)


_READERS: Final[dict[str, Callable[[Value, bool], Iterable[Rung]]]] = {
    "tls.client_hello": _client_hello,
    "tls.server_hello": _server_hello,
    "tls.certificate": _certificate,
    "tls.certificate_request": _certificate_request,
    "tls.verify": _verify,
    "tls.alert": _alert,
    "tls.eof": _eof,
    "tls.first_bytes": _first_bytes,
    "tls.done": _done,
    "os.error": _os_error,
    "timeout": _timeout,
    "http.request": _request,
    "http.response": _response,
    "http.first_bytes": _first_bytes,
    "http.eof": _http_eof,
    "proxy.eof": _proxy_eof,
    "proxy.response": _proxy_response,
}


def ladder(facts: Iterable[Fact], *, width: int = 100) -> str:
    """Draw the handshake as text.

    Args:
        facts: Of one connection.
        width: Columns to use; what does not fit is cut.

    Returns:
        Lines without a final newline; an empty text where nothing was said.
    """
    drawn = rungs(facts)
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
