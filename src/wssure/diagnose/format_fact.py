"""How one fact reads in an explanation: a label and a text, by kind."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from wssure import facts
from wssure.diagnose.chain import when_and_why
from wssure.diagnose.view import one_line, text_of
from wssure.name import host_and_port

Rows = Iterable[tuple[str, str]]


def _join(names: Sequence[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(text_of(name) for name in names[:most]) + more


def _client_hello(fact: facts.ClientHelloSeen) -> Rows:
    how = "the extension is present and empty" if fact.server_name == "" else "the extension is absent"
    yield f"SNI {fact.direction}", fact.server_name or f"none: {how}"
    if fact.versions:
        yield "hello", f"offers {_join(fact.versions)}" + (f", {fact.bytes} bytes" if fact.bytes is not None else "")


def _certificate(fact: facts.CertificateSeen) -> Rows:
    if fact.depth not in (0, None):
        return
    names = ", ".join(part for part in (_join(fact.dns_names), _join(fact.ip_addresses)) if part)
    yield "certificate", names or f"no names; subject {text_of(fact.subject) or 'unknown'}"
    yield "issued by", text_of(fact.issuer)
    if fact.not_before or fact.not_after:
        yield "valid", f"{fact.not_before or ''} to {fact.not_after or ''}"


def _verify(fact: facts.VerifyDefect) -> Rows:
    depth = "" if fact.depth is None else f" at depth {fact.depth}"
    code = "" if fact.code is None else f" (code {fact.code})"
    yield "verification", f"{fact.flag}{depth}{code}"


def _alert(fact: facts.AlertSeen) -> Rows:
    late = ", after our side was done" if fact.after_done else ""
    yield f"alert {fact.direction}", f"{text_of(fact.number)} {text_of(fact.name)} ({fact.level}{late})"


def _eof(fact: facts.TlsEof) -> Rows:
    after = fact.after.replace("_", " ") or "nothing"
    how = "closed" if fact.clean else "closed without close_notify"
    yield "end of file", f"{how} after {after}; {fact.bytes_received} bytes received"


def _site(fact: facts.SiteChosen) -> Rows:
    if fact.refused:
        yield "site", f"none for {fact.server_name or 'a hello without a name'}"
    else:
        yield "site", f"answered as {text_of(fact.chosen)}"


def _first_bytes(fact: facts.NotTlsSeen | facts.NotHttpSeen) -> Rows:
    yield "first bytes", text_of(fact.text or fact.hex, 80)


def _os_error(fact: facts.OsErrorSeen) -> Rows:
    call = f" in {fact.call}" if fact.call else ""
    yield "system error", f"{fact.name} ({text_of(fact.errno)}){call}: {text_of(fact.text)}"


_TOLD: Final = frozenset(
    {"location", "proxy-authenticate", "proxy-status", "retry-after", "server", "www-authenticate", "x-squid-error"}
)


def _response(fact: facts.ResponseSeen | facts.ProxyResponse) -> Rows:
    yield "answer", f"{fact.status} {text_of(fact.reason)}".strip()
    for name, content in fact.headers.items():
        if name.lower() in _TOLD:
            yield text_of(name, 24).lower(), text_of(content.partition("?")[0])
    yield "body", one_line(fact.body)[:100]


def _request(fact: facts.RequestSeen) -> Rows:
    yield "request", f"{text_of(fact.method)}, Host {text_of(fact.host) or 'absent'}"
    yield "origin", text_of(fact.origin)


def _upgrade(fact: facts.UpgradeBroken) -> Rows:
    yield fact.rule, f"got {text_of(fact.got) or 'nothing'}, expected {text_of(fact.expected)}"


def _close(fact: facts.CloseSeen) -> Rows:
    yield f"close {fact.direction}", f"{text_of(fact.code)} {text_of(fact.reason)}".rstrip()


def _keepalive(fact: facts.KeepaliveFailed) -> Rows:
    times = (("interval", fact.interval_s), ("timeout", fact.timeout_s), ("blocked", fact.blocked_s))
    parts = [f"{label} {seconds:g} s" for label, seconds in times if seconds is not None]
    yield "keepalive", ", ".join((fact.verdict, *parts))


def _eof_http(fact: facts.HttpEof | facts.ProxyEof) -> Rows:
    yield "end of file", f"after {fact.bytes_received} bytes of the answer"


def _proxy(fact: facts.ProxyUsed) -> Rows:
    yield "proxy", f"{host_and_port(fact.host, fact.port)} (from {fact.origin})"


def _fetched(fact: facts.FetchResult) -> Rows:
    came = fact.problem or f"{fact.bytes} bytes from {fact.address}"
    yield f"fetch {fact.purpose}", f"{text_of(fact.url, 200)}: {came}"


def _fetched_chain(fact: facts.FetchChain) -> Rows:
    yield "not sent", _join(fact.missing)
    if fact.anchor:
        yield "leads to", f"{text_of(fact.anchor)}, a trust anchor here"
    elif fact.top:
        yield "leads to", f"{text_of(fact.top)}, no trust anchor here"


def _revocation(fact: facts.Revocation) -> Rows:
    yield "revocation", f"{fact.status or fact.problem or ''}{when_and_why(fact)}"


def _name_check(fact: facts.NameCheck) -> Rows:
    yield "names", f"expected {fact.expected}, presented {_join(fact.presented) or 'none'}"


def _server_hello(fact: facts.ServerHelloSeen) -> Rows:
    group = f", group {text_of(fact.group)}" if fact.group else ""
    yield "server hello", f"{text_of(fact.version)}, {text_of(fact.cipher)}{group}"


def _certificate_request(fact: facts.CertificateRequested) -> Rows:
    yield "server asks for", "a client certificate from " + (_join(fact.ca_names) or "any CA")


def _guard(fact: facts.GuardStopped) -> Rows:
    yield "hello held back", f"server_name {text_of(fact.found)}, expected {text_of(fact.expected)}"


# One formatter for each kind that is shown.
_ROWS: Final[dict[type[facts.Fact], Callable[[Any], Rows]]] = {
    facts.EndpointUrl: lambda fact: [("url", text_of(fact.url))],
    facts.EndpointHost: lambda fact: [("host", fact.host)],
    facts.EndpointAddress: lambda fact: [("address", fact.address)],
    facts.EndpointPort: lambda fact: [("port", str(fact.port))],
    facts.ProxyUsed: _proxy,
    facts.FetchChain: _fetched_chain,
    facts.FetchResult: _fetched,
    facts.Revocation: _revocation,
    facts.HttpEof: _eof_http,
    facts.NotHttpSeen: _first_bytes,
    facts.HostHeaderGiven: lambda fact: [("Host header", f"{text_of(fact.sent)}, the URL says {fact.endpoint}")],
    facts.MalformedHttp: lambda fact: [("grammar", f"{text_of(fact.what)} at byte {fact.offset} ({fact.section})")],
    facts.RequestSeen: _request,
    facts.ResponseSeen: _response,
    facts.UpgradeBroken: _upgrade,
    facts.OsErrorSeen: _os_error,
    facts.ProxyEof: _eof_http,
    facts.ProxyResponse: _response,
    facts.ResolveAnswers: lambda fact: [("addresses", _join(fact.addresses))],
    facts.ResolveErrorSeen: lambda fact: [("resolver", f"{fact.name} ({text_of(fact.code)}): {text_of(fact.text)}")],
    facts.TimedOut: lambda fact: [("time limit", f"{fact.limit_s} s for {fact.phase}")],
    facts.AlertSeen: _alert,
    facts.CertificateSeen: _certificate,
    facts.CertificateRequested: _certificate_request,
    facts.ClientHelloSeen: _client_hello,
    facts.TlsDone: lambda fact: [("tls", f"{text_of(fact.version)}, {text_of(fact.cipher)}")],
    facts.TlsEof: _eof,
    facts.NotTlsSeen: _first_bytes,
    facts.GuardStopped: _guard,
    facts.LibraryWords: lambda fact: [("library says", text_of(fact.text))],
    facts.NameCheck: _name_check,
    facts.PeerNotProven: lambda fact: [("peer not proven", text_of(fact.problem))],
    facts.TlsReceived: lambda fact: [("had come", f"{fact.bytes} bytes of its answer")],
    facts.ServerHelloSeen: _server_hello,
    facts.SiteChosen: _site,
    facts.VerifyDefect: _verify,
    facts.CloseSeen: _close,
    facts.EndedByUs: lambda fact: [("ended by this side", fact.why)],
    facts.WebSocketEof: lambda fact: [("end of file", f"after {fact.bytes_received} bytes")],
    facts.KeepaliveFailed: _keepalive,
    facts.ViolationSeen: lambda fact: [("violation", f"{text_of(fact.text or fact.rule)} ({fact.section})")],
}
_ALWAYS_KNOWN: Final = (
    facts.EndpointUrl,
    facts.EndpointHost,
    facts.EndpointAddress,
    facts.EndpointPort,
    facts.ResolveAnswers,
)
# The facts that an explanation shows if its cause asks for nothing special.
DEFAULT_KINDS: Final = tuple(kind.kind for kind in _ROWS if kind not in _ALWAYS_KNOWN)


def format_fact(fact: facts.Fact) -> list[tuple[str, str]]:
    """Return a fact as labelled texts, safe for a terminal; empty if there is nothing to show."""
    rows = _ROWS.get(type(fact))
    return [row for row in rows(fact) if row[1]] if rows is not None else []
