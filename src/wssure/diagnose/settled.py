"""The words for a cause that an experiment confirmed: what was got, what changed it, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from wssure.diagnose.causes import find
from wssure.diagnose.causes.cert_chain_incomplete import fix_for as full_chain_for
from wssure.diagnose.causes.cert_chain_incomplete import missing
from wssure.diagnose.causes.tls_sni_missing import fix_for
from wssure.diagnose.chain import names_of
from wssure.diagnose.view import Evidence, host_sent, text_of
from wssure.facts import ProbeResult

__all__ = ["Said", "say"]


class Said(NamedTuple):
    """A summary and a fix; an empty one leaves what was said before."""

    summary: str
    fix: str


def say(cause: str, evidence: Evidence, flipped: Sequence[ProbeResult]) -> Said:
    """Return the words for a confirmed cause.

    Args:
        cause: Its id.
        evidence: The failed connection.
        flipped: The results that speak for it, at least one.
    """
    first = flipped[0]
    sentence = _SENTENCES.get(cause)
    page = find(cause)
    fix = page.fix if page else ""
    if sentence is None:
        return Said("", fix)
    summary, own_fix = sentence(evidence, first)
    return Said(f"{summary}; {_turned(first)}", own_fix or fix)


def _turned(result: ProbeResult) -> str:
    return f"{result.question}: {text_of(result.variant, 200)}"


def _got(evidence: Evidence, result: ProbeResult) -> str:
    return f"{evidence.peer} {_answered(result)}"


def _answered(result: ProbeResult) -> str:
    baseline = result.baseline
    verbs = {"closed": "closed the connection", "reset": "reset the connection", "nothing": "said nothing"}
    if baseline.startswith("silence"):
        return f"kept {baseline}"
    return verbs.get(baseline) or f"answered {baseline}"


def _sni_missing(evidence: Evidence, result: ProbeResult) -> tuple[str, str]:
    return f"our hello names no server, and {_got(evidence, result)}", fix_for(evidence)


def _sni_filtered(evidence: Evidence, result: ProbeResult) -> tuple[str, str]:
    return f'a hello for "{evidence.sni}" is dropped, and {_got(evidence, result)}', ""


def _sni_unknown(evidence: Evidence, result: ProbeResult) -> tuple[str, str]:
    name = evidence.sni
    fix = f'check the name and where it leads; if "{name}" is right, add it to the server\'s sites'
    return f'to a hello for "{name}" {_got(evidence, result)}', fix


def _version(evidence: Evidence, result: ProbeResult) -> tuple[str, str]:
    shown = " and ".join(evidence.hello.versions) or "our versions"
    experiment = result.experiment.partition(".")[2]
    fix = "enable TLS 1.2 or 1.3 on the server: it speaks only older versions, which RFC 8996 forbids"
    if experiment == "1.2":
        fix = 'fix the server, or the device in front of it; until then: TLSSettings(max_version="TLSv1.2")'
    elif experiment == "1.3":
        fix = 'widen the settings: TLSSettings(max_version="TLSv1.3")'
    return f"to a hello that offers {shown} {_got(evidence, result)}", fix


def _alpn(evidence: Evidence, result: ProbeResult) -> tuple[str, str]:
    shown = ", ".join(evidence.hello.alpn) or "none"
    fix = {
        "alpn.none": "offer no protocol until the server is mended: TLSSettings(alpn=())",
        "alpn.http1": 'offer http/1.1 alone: TLSSettings(alpn=("http/1.1",))',
        "alpn.h2": "let the server take http/1.1, over which WebSocket runs (RFC 6455); it wants to hear of h2",
    }.get(result.experiment, "")
    return f"to a hello with ALPN {shown} {_got(evidence, result)}", fix


def _large_hello(evidence: Evidence, result: ProbeResult) -> tuple[str, str]:
    shown = f"of {evidence.hello.bytes} bytes " if evidence.hello.bytes else ""
    return f"our hello {shown}is lost on the way, and {_got(evidence, result)}", ""


def _refused_hello(evidence: Evidence, result: ProbeResult) -> tuple[str, str]:
    return f"to what this client offers {_got(evidence, result)}", ""


def _other_family(evidence: Evidence, result: ProbeResult) -> tuple[str, str]:
    address = result.question.removeprefix("at ")
    fix = f'dial the family that works: add address="{address}"; then mend the path or backend of {evidence.peer}'
    return f"{_got(evidence, result)}", fix


def _not_tls(evidence: Evidence, result: ProbeResult) -> tuple[str, str]:
    return f"the port speaks no TLS: to our hello {_got(evidence, result)}", ""


def _to_tls_port(evidence: Evidence, result: ProbeResult) -> tuple[str, str]:
    url = evidence.url.replace("ws://", "wss://", 1)
    named = f":{evidence.port}" in url
    fix = f"connect to {url}" if url and named else "write wss:// instead of ws://, with the port of the TLS server"
    return f"{evidence.peer} expects TLS: asked in plain HTTP, it {_answered(result)}", fix


def _host_header(evidence: Evidence, result: ProbeResult) -> tuple[str, str]:
    sent = host_sent(evidence) or evidence.host
    return f'to a request with the Host "{sent}" {_got(evidence, result)}', ""


def _origin(evidence: Evidence, result: ProbeResult) -> tuple[str, str]:
    origin = result.question.rpartition(" ")[2]
    fix = "send no Origin: leave origin= out"
    if result.experiment == "origin.own":
        fix = f'send the Origin the server expects: connect(url, origin="{origin}")'
    return f"{evidence.peer} does not accept our Origin, or that there is none: {result.baseline}", fix


def _intercepted(evidence: Evidence, result: ProbeResult) -> tuple[str, str]:
    fix = (
        "ask the owner of the proxy for an exception, or for their CA certificate, given by them and not by the connection, "
        "for ca=\nor go without the proxy, if that is allowed: proxy=None (--proxy none), or the host in NO_PROXY"
    )
    issuer = evidence.leaf.issuer
    shown = f'shows a certificate issued by "{issuer}", which is not trusted' if issuer else "cannot be verified"
    return f"through the proxy {evidence.proxy} the server {shown}", fix


def _other_proxy(evidence: Evidence, result: ProbeResult) -> tuple[str, str]:
    kind = "TLS to itself" if result.experiment == "proxy.tls" else "SOCKS"
    fix = f"give the port at which a proxy speaks plain HTTP: at {evidence.proxy} is one for {kind}, which is not spoken here"
    return f"{evidence.proxy} is a proxy for {kind}: to our CONNECT it {_answered(result)}", fix


def _chain_incomplete(evidence: Evidence, result: ProbeResult) -> tuple[str, str]:
    which = names_of(evidence.leaf) or evidence.peer
    summary = (
        f'the server sends the certificate of {which} without the intermediate that signed it, "{missing(evidence)}"'
    )
    return summary, full_chain_for(evidence)


_SENTENCES: Final[dict[str, Callable[[Evidence, ProbeResult], tuple[str, str]]]] = {
    "tls.sni-missing": _sni_missing,
    "tls.sni-filtered": _sni_filtered,
    "tls.sni-unknown": _sni_unknown,
    "tls.version": _version,
    "tls.alpn": _alpn,
    "tls.large-hello-dropped": _large_hello,
    "tls.no-common-group": _refused_hello,
    "tls.no-common-params": _refused_hello,
    "tcp.v6-broken": _other_family,
    "tls.not-tls-http": _not_tls,
    "tls.not-tls-other": _not_tls,
    "proxy.not-http": _other_proxy,
    "proxy.intercepts-tls": _intercepted,
    "ws.to-tls-port": _to_tls_port,
    "cert.chain-incomplete": _chain_incomplete,
    "http.host-header": _host_header,
    "http.origin": _origin,
}
