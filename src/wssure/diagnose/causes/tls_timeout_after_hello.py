"""The server did not answer the ClientHello in time.

What happened:
    The TCP connection was established and our hello was sent (and acknowledged), but nothing was received in time.

Why:
    A load balancer accepts connections without a backend; a filter or a faulty path drops the hello; the
    server waits for something before TLS (a PROXY protocol header, STARTTLS); or it is overloaded or hangs.

Fix:
    * Try each address of the name: `wssure check URL --address IP`.
    * Try a small hello and TLS 1.2 only (`--tls-max 1.2`): a large one (post-quantum key share, over 1400 bytes) is
      lost on some paths.
    * Try plain HTTP on the same port, and another network.
    * Server: check that the hello arrives: `wssure hello --listen PORT`, tcpdump.

References:
    * RFC 8446 section 4.1.3 (the server's answer), RFC 8899 (packetisation-layer path MTU discovery)
"""

from wssure.diagnose.cause import LIKELY, POSSIBLE, Evidence, Fault, Match, alternative, cause, probe


@probe("repeat with a small hello, another SNI, another address, and plain HTTP")
@cause(
    "tls.timeout-after-hello",
    Fault.PATH,
    transient=True,
    shows=("tls.client_hello", "tls.server_hello", "tls.received", "timeout"),
)
def match(evidence: Evidence) -> Match | None:
    """Match our own deadline in the handshake before its end."""
    if evidence.timeout_phase != "tls" or evidence.done:
        return None
    if evidence.is_server:
        if not evidence.has_hello:
            return None
        return Match(f"the client did not complete the handshake within {evidence.limit}", None, LIKELY)
    if evidence.answered:
        return Match(
            f"{evidence.peer} began to answer our ClientHello, then sent nothing for {evidence.limit}", None, LIKELY
        )
    others = []
    size = evidence.hello.bytes or 0
    if size > 1400:
        others.append(alternative("tls.large-hello-dropped", f"the hello has {size} bytes, more than one segment"))
    if evidence.sni:
        others.append(alternative("tls.sni-filtered", "a filter on the path may drop hellos by their server name"))
    return Match(
        f"{evidence.peer} accepted the connection but did not answer our ClientHello within {evidence.limit}",
        None,
        POSSIBLE if others else LIKELY,
        tuple(others),
    )
