"""How one fact reads in an explanation: a label and a text, by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from wssure.diagnose.chain import when_and_why
from wssure.diagnose.view import text_of
from wssure.evidence import Fact
from wssure.name import host_and_port

__all__ = ["DEFAULT_KINDS", "shown"]

Value = Mapping[str, Any]


def _joined(value: object, most: int = 6) -> str:
    if not isinstance(value, (list, tuple)) or not value:
        return ""
    names = [text_of(one) for one in value]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _client_hello(value: Value) -> Iterable[tuple[str, str]]:
    sent = "received" if value.get("direction") == "received" else "sent"
    name = value.get("server_name")
    if name:
        shown_name = text_of(name, 255)
    else:
        shown_name = "none: the extension is present and empty" if name == "" else "none: the extension is absent"
    yield f"SNI {sent}", shown_name
    versions, size = _joined(value.get("versions")), value.get("bytes")
    if versions:
        yield "hello", f"offers {versions}" + (f", {size} bytes" if isinstance(size, int) else "")


def _certificate(value: Value) -> Iterable[tuple[str, str]]:
    if value.get("depth") not in (0, None):
        return
    names = ", ".join(part for part in (_joined(value.get("dns_names")), _joined(value.get("ip_addresses"))) if part)
    yield "certificate", names or f"no names; subject {text_of(value.get('subject')) or 'unknown'}"
    yield "issued by", text_of(value.get("issuer"))
    if value.get("not_before") or value.get("not_after"):
        yield "valid", f"{text_of(value.get('not_before'))} to {text_of(value.get('not_after'))}"


def _verify(value: Value) -> Iterable[tuple[str, str]]:
    depth = f" at depth {value['depth']}" if isinstance(value.get("depth"), int) else ""
    code = f" (code {text_of(value.get('code'))})" if value.get("code") is not None else ""
    yield "verification", f"{text_of(value.get('flag'))}{depth}{code}"


def _alert(value: Value) -> Iterable[tuple[str, str]]:
    direction = "sent" if value.get("direction") == "sent" else "received"
    late = ", after our side was done" if value.get("after_done") else ""
    yield (
        f"alert {direction}",
        f"{text_of(value.get('number'))} {text_of(value.get('name'))} ({text_of(value.get('level'))}{late})",
    )


def _eof(value: Value) -> Iterable[tuple[str, str]]:
    after = text_of(value.get("after")).replace("_", " ") or "nothing"
    how = "closed" if value.get("clean") else "closed without a TLS goodbye"
    yield "end of file", f"{how} after {after}; {text_of(value.get('bytes_received') or 0)} bytes received"


def _site(value: Value) -> Iterable[tuple[str, str]]:
    if value.get("refused"):
        yield "site", f"none for {text_of(value.get('server_name'), 255) or 'a hello without a name'}"
    else:
        chosen = value.get("chosen")
        yield "site", f"answered as {_joined(chosen) or text_of(chosen)}"


def _first_bytes(value: Value) -> Iterable[tuple[str, str]]:
    yield "first bytes", text_of(value.get("text") or value.get("hex"), 80)


def _os_error(value: Value) -> Iterable[tuple[str, str]]:
    call = f" in {text_of(value.get('call'))}" if value.get("call") else ""
    yield (
        "system error",
        f"{text_of(value.get('name'))} ({text_of(value.get('errno'))}){call}: {text_of(value.get('text'))}",
    )


_TOLD: Final = frozenset(
    {"location", "proxy-authenticate", "proxy-status", "retry-after", "server", "www-authenticate", "x-squid-error"}
)


def _response(value: Value) -> Iterable[tuple[str, str]]:
    yield "answer", f"{text_of(value.get('status'))} {text_of(value.get('reason'))}".strip()
    headers = value.get("headers")
    if isinstance(headers, Mapping):
        for name, content in headers.items():
            if str(name).lower() in _TOLD:
                yield text_of(name, 24).lower(), text_of(str(content).partition("?")[0], 120)
    if value.get("body"):
        yield "body", text_of(value.get("body"), 100)


def _request(value: Value) -> Iterable[tuple[str, str]]:
    yield "request", f"{text_of(value.get('method'))}, Host {text_of(value.get('host')) or 'absent'}"
    if value.get("origin"):
        yield "origin", text_of(value.get("origin"))


def _upgrade(value: Value) -> Iterable[tuple[str, str]]:
    yield (
        text_of(value.get("rule")),
        f"got {text_of(value.get('got')) or 'nothing'}, expected {text_of(value.get('expected'))}",
    )


def _close(value: Value) -> Iterable[tuple[str, str]]:
    reason = f" {text_of(value.get('reason'))}" if value.get("reason") else ""
    yield f"close {text_of(value.get('direction'))}", f"{text_of(value.get('code'))}{reason}"


def _keepalive(value: Value) -> Iterable[tuple[str, str]]:
    parts = [f"{text_of(value.get('kind'))}"]
    parts += [
        f"{label} {value[key]:g} s"
        for key, label in (("interval_s", "interval"), ("timeout_s", "timeout"), ("blocked_s", "blocked"))
        if isinstance(value.get(key), (int, float))
    ]
    yield "keepalive", ", ".join(parts)


def _eof_http(value: Value) -> Iterable[tuple[str, str]]:
    yield "end of file", f"after {text_of(value.get('bytes_received') or 0)} bytes of the answer"


def _proxy(value: Value) -> Iterable[tuple[str, str]]:
    host = text_of(value.get("host"), 255)
    yield "proxy", f"{host_and_port(host, text_of(value.get('port')))} (from {text_of(value.get('origin'))})"


def _fetched(value: Value) -> Iterable[tuple[str, str]]:
    came = (
        text_of(value.get("problem"), 300)
        or f"{text_of(value.get('bytes'))} bytes from {text_of(value.get('address'))}"
    )
    yield f"fetch {text_of(value.get('kind'), 8)}", f"{text_of(value.get('url'), 200)}: {came}"


def _fetched_chain(value: Value) -> Iterable[tuple[str, str]]:
    yield "not sent", _joined(value.get("missing"))
    if value.get("anchor"):
        yield "leads to", f"{text_of(value.get('anchor'))}, a trust anchor here"
    elif value.get("top"):
        yield "leads to", f"{text_of(value.get('top'))}, no trust anchor here"


def _revocation(value: Value) -> Iterable[tuple[str, str]]:
    told = text_of(value.get("status")) or text_of(value.get("problem"), 300)
    yield "revocation", f"{told}{when_and_why(value)}"


def _fields(label: str, template: str) -> Callable[[Value], Iterable[tuple[str, str]]]:
    """Return a formatter that fills a template from a record's fields."""

    def formatter(value: Value) -> Iterable[tuple[str, str]]:
        yield label, template.format_map(_Texts(value))

    return formatter


class _Texts(dict[str, str]):
    """The fields of a record as safe texts; a missing one reads as unknown."""

    def __init__(self, value: Value) -> None:
        super().__init__({str(key): _joined(one) or text_of(one) for key, one in value.items()})

    def __missing__(self, key: str) -> str:
        return "unknown"


_RECORDS: Final[dict[str, Callable[[Value], Iterable[tuple[str, str]]]]] = {
    "endpoint.proxy": _proxy,
    "fetch.chain": _fetched_chain,
    "fetch.result": _fetched,
    "fetch.revocation": _revocation,
    "http.eof": _eof_http,
    "http.first_bytes": _first_bytes,
    "http.host": _fields("Host header", "{sent}, the URL says {endpoint}"),
    "http.malformed": _fields("grammar", "{what} at byte {offset} ({section})"),
    "http.request": _request,
    "http.response": _response,
    "http.upgrade": _upgrade,
    "os.error": _os_error,
    "proxy.eof": _eof_http,
    "proxy.response": _response,
    "resolve.error": _fields("resolver", "{name} ({code}): {text}"),
    "timeout": _fields("time limit", "{limit_s} s for {phase}"),
    "tls.alert": _alert,
    "tls.certificate": _certificate,
    "tls.certificate_request": _fields("server asks for", "a client certificate from: {ca_names}"),
    "tls.client_hello": _client_hello,
    "tls.done": _fields("tls", "{version}, {cipher}"),
    "tls.eof": _eof,
    "tls.first_bytes": _first_bytes,
    "tls.guard": _fields("hello held back", "server_name {found}, expected {expected}"),
    "tls.library": _fields("library says", "{text}"),
    "tls.name_check": _fields("names", "expected {expected}, presented {presented}"),
    "tls.proof": _fields("peer not proven", "{problem}"),
    "tls.received": _fields("had come", "{bytes} bytes of its answer"),
    "tls.server_hello": _fields("server hello", "{version}, {cipher}, group {group}"),
    "tls.site": _site,
    "tls.verify": _verify,
    "ws.close": _close,
    "ws.eof": _fields("end of file", "after {bytes_received} bytes"),
    "ws.keepalive": _keepalive,
    "ws.violation": _fields("violation", "{rule} ({section})"),
}
_SCALARS: Final = {
    "endpoint.url": "url",
    "endpoint.host": "host",
    "endpoint.address": "address",
    "endpoint.port": "port",
    "resolve.answers": "addresses",
}
# What an explanation shows where its cause asks for nothing special.
DEFAULT_KINDS: Final = tuple(_RECORDS)


def shown(fact: Fact) -> list[tuple[str, str]]:
    """Return a fact as labelled texts, safe for a terminal; empty where there is nothing to show."""
    if isinstance(fact.value, Mapping):
        formatter = _RECORDS.get(fact.kind)
        return [line for line in formatter(fact.value) if line[1]] if formatter else []
    if fact.kind in _SCALARS:
        return [(_SCALARS[fact.kind], _joined(fact.value) or text_of(fact.value))]
    return []
