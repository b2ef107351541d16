"""Read a proxy's answer to our CONNECT as one value."""

from collections.abc import Mapping
from dataclasses import replace

from wssure.diagnose.cause import Match
from wssure.diagnose.view import Evidence, text_of
from wssure.evidence import Stage
from wssure.facts import NotHttpSeen, NotTlsSeen, ProxyResponse, ProxyUsed
from wssure.fixes import fix
from wssure.frozen import frozen


@frozen
class ProxyAnswer:
    """The proxy's status line and headers.

    Args:
        status: None if no answer came.
        text: Status and reason.
        headers: As they came.
    """

    status: int | None
    text: str
    headers: Mapping[str, str]

    def header(self, name: str) -> str:
        """Return a header by its lower-case name, "" if it is absent."""
        return next((text_of(value) for key, value in self.headers.items() if key.lower() == name), "")


def proxy_answer(evidence: Evidence) -> ProxyAnswer:
    """Return the proxy's answer; only in the proxy stage, so that a server's own 403 is never taken for it."""
    answer = evidence.last(ProxyResponse)
    if evidence.stage is not Stage.PROXY or answer is None:
        return ProxyAnswer(None, "", {})
    return ProxyAnswer(answer.status, f"{answer.status} {text_of(answer.reason)}".strip(), answer.headers)


def at_proxy(match: Match, evidence: Evidence) -> Match:
    """Reword a match about a name or an address, so that it names the proxy instead of the server."""
    proxy = evidence.last(ProxyUsed)
    source = "" if proxy is None else proxy.origin
    return replace(
        match,
        summary=f"{match.summary}; this is the proxy on the way to {evidence.host or 'the server'}",
        fix=fix("proxy.address", variable="" if source == "proxy=" else source),
    )


def own_page(evidence: Evidence) -> str:
    """Return status and reason of a 2xx to CONNECT behind which the proxy sent a page of its own; "" for a tunnel.

    RFC 9110 section 9.3.6: "A server MUST NOT send any Transfer-Encoding or Content-Length header fields in a 2xx
    (Successful) response to CONNECT." A proxy that describes a content and then sends markup opened no tunnel.
    """
    answer = evidence.last(ProxyResponse)
    if answer is None or not 200 <= answer.status < 300:
        return ""
    described = {name.lower() for name in answer.headers} & {"content-length", "content-type", "transfer-encoding"}
    first = evidence.first_bytes(NotTlsSeen) or evidence.first_bytes(NotHttpSeen)
    page = described and first.lstrip().startswith(b"<")
    return f"{answer.status} {text_of(answer.reason)}".strip() if page else ""
