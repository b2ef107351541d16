"""Describe a cause that an experiment confirmed: the failure, the change that got further, and the fix."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from wssure.diagnose.causes import find
from wssure.diagnose.causes.cert_chain_incomplete import fix_for as full_chain_for
from wssure.diagnose.causes.cert_chain_incomplete import missing
from wssure.diagnose.causes.tls_sni_missing import fix_for
from wssure.diagnose.chain import names_of
from wssure.diagnose.view import Evidence, host_sent, origin_sent, text_of
from wssure.facts import ProbeResult
from wssure.fixes import Fix, fix


class Conclusion(NamedTuple):
    """A summary and a fix; an empty one keeps that of the failure."""

    summary: str
    fix: Fix | None


def conclude(cause: str, evidence: Evidence, flipped: Sequence[ProbeResult]) -> Conclusion:
    """Return the words for a confirmed cause.

    Args:
        cause: Its id.
        evidence: The failed connection.
        flipped: The results that speak for it, at least one.
    """
    first = flipped[0]
    sentence = _SENTENCES.get(cause)
    page = find(cause)
    standing = page.fix if page else None
    if sentence is None:
        return Conclusion("", standing)
    summary, own_fix = sentence(evidence, first)
    return Conclusion(f"{summary}; {_describe_flip(first)}" if summary else "", own_fix or standing)


def _describe_flip(result: ProbeResult) -> str:
    return f"{result.question}: {text_of(result.variant, 200)}"


def _got(evidence: Evidence, result: ProbeResult) -> str:
    return f"{evidence.peer} {_describe_answer(result)}"


def _describe_answer(result: ProbeResult) -> str:
    baseline = result.baseline
    verbs = {"closed": "closed the connection", "reset": "reset the connection", "nothing": "sent nothing"}
    if baseline.startswith("silence"):
        return f"did not answer{baseline.removeprefix('silence').replace(' for ', ' within ')}"
    return verbs.get(baseline) or f"answered with {baseline}"


def _sni_missing(evidence: Evidence, result: ProbeResult) -> Conclusion:
    todo = fix_for(evidence)
    if result.experiment == "sni.name" and result.variant.endswith("verified"):
        name = _changed_value(result)
        todo = fix("tls.sni-found", name=name, url=evidence.url_of(name), **evidence.dialled)
    return Conclusion(f"our ClientHello has no server name (SNI), and {_got(evidence, result)}", todo)


def _hostname(evidence: Evidence, result: ProbeResult) -> Conclusion:
    name = _changed_value(result)
    expected = evidence.host or "the name asked for"
    todo = fix("cert.other-name", name=name, url=evidence.url_of(name), expected=expected, **evidence.dialled)
    return Conclusion(f"the certificate is valid for {', '.join(evidence.presented[:3])}, not for {expected}", todo)


def _changed_value(result: ProbeResult) -> str:
    """Return the value that an experiment changed to: the last word of its question."""
    return result.question.rpartition(" ")[2]


def _sni_filtered(evidence: Evidence, result: ProbeResult) -> Conclusion:
    return Conclusion(f'a ClientHello for "{evidence.sni}" does not get through: {_got(evidence, result)}', None)


def _sni_unknown(evidence: Evidence, result: ProbeResult) -> Conclusion:
    name = evidence.sni
    todo = fix("tls.sni-unknown", name=name)
    return Conclusion(f'{evidence.peer} does not accept the server name "{name}": it {_describe_answer(result)}', todo)


def _version(evidence: Evidence, result: ProbeResult) -> Conclusion:
    shown = " and ".join(evidence.hello.versions) or "our versions"
    todo = fix(
        {"version.1.2": "tls.version-12", "version.1.3": "tls.version-widen"}.get(result.experiment, "tls.version-old")
    )
    return Conclusion(f"{evidence.peer} fails if the ClientHello offers {shown}: it {_describe_answer(result)}", todo)


def _alpn(evidence: Evidence, result: ProbeResult) -> Conclusion:
    shown = ", ".join(evidence.hello.alpn) or "none"
    ways = {"alpn.none": "tls.alpn-none", "alpn.http1": "tls.alpn-offer", "alpn.h2": "tls.alpn-h2"}
    todo = fix(ways.get(result.experiment, "tls.alpn"))
    return Conclusion(
        f"{evidence.peer} fails if the ClientHello offers ALPN {shown}: it {_describe_answer(result)}", todo
    )


def _large_hello(evidence: Evidence, result: ProbeResult) -> Conclusion:
    shown = f"of {evidence.hello.bytes} bytes " if evidence.hello.bytes else ""
    return Conclusion(f"our ClientHello {shown}does not get through: {_got(evidence, result)}", None)


def _refused_hello(evidence: Evidence, result: ProbeResult) -> Conclusion:
    todo: Fix | None
    group = result.variant.partition(", which asks for ")[2]
    suite = result.variant.partition(" with ")[2].partition(",")[0]
    if result.experiment == "hello.groups":
        todo = fix("tls.no-common-group", group=group)
    else:
        todo = fix("tls.suite-found", suite=suite) if suite else None
    return Conclusion(
        f"{evidence.peer} accepts none of the parameters that this client offers: it {_describe_answer(result)}", todo
    )


def _other_family(evidence: Evidence, result: ProbeResult) -> Conclusion:
    address = result.question.removeprefix("at ")
    return Conclusion(_got(evidence, result), fix("tcp.family-works", address=address, peer=evidence.peer))


def _proxy_header(evidence: Evidence, result: ProbeResult) -> Conclusion:
    return Conclusion(
        f"{evidence.peer} expects a PROXY protocol header: to our hello alone it {_describe_answer(result)}", None
    )


def _not_tls(evidence: Evidence, result: ProbeResult) -> Conclusion:
    return Conclusion(f"the port does not use TLS: after our ClientHello {_got(evidence, result)}", None)


def _to_tls_port(evidence: Evidence, result: ProbeResult) -> Conclusion:
    url = evidence.url.replace("ws://", "wss://", 1)
    todo = fix("ws.to-tls-port", url=url if f":{evidence.port}" in url else "")
    return Conclusion(f"{evidence.peer} expects TLS: it {_describe_answer(result)} to plain HTTP", todo)


def _host_header(evidence: Evidence, result: ProbeResult) -> Conclusion:
    sent = host_sent(evidence) or evidence.host
    todo = None
    if result.experiment == "host.other":
        name = _changed_value(result).removesuffix(f":{evidence.port}").strip("[]")
        if name != evidence.host:  # else only the port in the header is another
            todo = fix("http.host-found", name=name, url=evidence.url_of(name), **evidence.dialled)
    return Conclusion(f'{evidence.peer} does not accept the Host "{sent}": it {_describe_answer(result)}', todo)


def _origin(evidence: Evidence, result: ProbeResult) -> Conclusion:
    own = result.experiment == "origin.own"
    todo = fix("http.origin", origin=_changed_value(result)) if own else fix("http.no-origin")
    sent = origin_sent(evidence)
    shown = f'the Origin "{sent}"' if sent else "a request without an Origin"
    return Conclusion(f"{evidence.peer} does not accept {shown}: {result.baseline}", todo)


def _intercepted(evidence: Evidence, result: ProbeResult) -> Conclusion:
    issuer = evidence.leaf.issuer
    shown = f'shows a certificate issued by "{issuer}", which is not trusted' if issuer else "cannot be verified"
    return Conclusion(f"through the proxy {evidence.proxy} the server {shown}", fix("proxy.inspects"))


def _subprotocol(evidence: Evidence, result: ProbeResult) -> Conclusion:
    own = result.experiment == "subprotocol.own"
    return Conclusion(
        "", fix("ws.other-subprotocol", subprotocol=_changed_value(result)) if own else fix("ws.leave-subprotocol")
    )


def _extension(evidence: Evidence, result: ProbeResult) -> Conclusion:
    return Conclusion("", fix("ws.no-extension"))


def _other_proxy(evidence: Evidence, result: ProbeResult) -> Conclusion:
    kind = "TLS" if result.experiment == "proxy.tls" else "SOCKS"
    todo = fix("proxy.other-kind", proxy=evidence.proxy, kind=kind)
    return Conclusion(f"the proxy {evidence.proxy} expects {kind}: it {_describe_answer(result)} to our CONNECT", todo)


def _chain_incomplete(evidence: Evidence, result: ProbeResult) -> Conclusion:
    which = names_of(evidence.leaf) or evidence.peer
    summary = (
        f'the server sends the certificate of {which} without the intermediate that signed it, "{missing(evidence)}"'
    )
    return Conclusion(summary, full_chain_for(evidence))


_SENTENCES: Final[dict[str, Callable[[Evidence, ProbeResult], Conclusion]]] = {
    "cert.hostname": _hostname,
    "tls.sni-missing": _sni_missing,
    "tls.sni-filtered": _sni_filtered,
    "tls.sni-unknown": _sni_unknown,
    "tls.version": _version,
    "tls.alpn": _alpn,
    "tls.large-hello-dropped": _large_hello,
    "tls.no-common-group": _refused_hello,
    "tls.no-common-params": _refused_hello,
    "tls.proxy-header-missing": _proxy_header,
    "tcp.v6-broken": _other_family,
    "tls.not-tls-http": _not_tls,
    "tls.not-tls-other": _not_tls,
    "proxy.not-http": _other_proxy,
    "proxy.intercepts-tls": _intercepted,
    "ws.to-tls-port": _to_tls_port,
    "cert.chain-incomplete": _chain_incomplete,
    "http.host-header": _host_header,
    "ws.subprotocol": _subprotocol,
    "ws.extension": _extension,
    "http.origin": _origin,
}
