"""The connection was reset during the TLS handshake.

What happened:
    The TCP connection was established and our ClientHello was sent. Then a reset was received instead of an alert with
    a reason. A reset has no reason: it comes from the server's system, or from a device on the path that sends it in
    the server's name.

Why:
    * A firewall or filter blocks the server name in the hello, or the destination.
    * The server resets connections for unknown names.
    * Nothing serves the port behind a forwarder that accepts every connection: a published port of a container without
      a program, a TCP load balancer without a backend.
    * The server process crashed, or closed the socket while bytes were still unread.
    * A device on the path cannot handle the hello (its size, TLS 1.3).

Fix:
    Change one thing at a time on the same address and compare the results:
    * another server name: `wssure check wss://OTHER/ --address SAME_ADDRESS`
    * TLS 1.2 only: `--tls-max 1.2`; a small hello
    * another network (such as a mobile phone's): if it works there, a device on the path is the cause
    * the server's log for the same second

References:
    * RFC 9293 section 3.5.2 and 3.10.7, recv(2) ECONNRESET; RFC 6066 section 3
"""

from wssure.diagnose.cause import LIKELY, POSSIBLE, Evidence, Match, alternative, cause, probe
from wssure.evidence import Fault, Stage
from wssure.fixes import fix


@probe("repeat without SNI, with another SNI, with a small hello and with TLS 1.2 only")
@cause(
    "tcp.reset-in-handshake",
    Fault.PATH,
    stage=Stage.TLS,
    transient=True,
    shows=("tls.client_hello", "tls.server_hello", "tls.received", "os.error"),
)
def match(evidence: Evidence) -> Match | None:
    """Match a reset after the hello and before the end of the handshake, without an alert."""
    if evidence.stage is Stage.DIAL and (where := evidence.dial_errors.get("ECONNRESET")):
        return Match(
            f"{where[0]} accepted the TCP connection and reset it at once, before a byte was sent: no program serves that port",
            fix("tcp.reset-at-once"),
            LIKELY,
            stage=Stage.DIAL,
        )
    if evidence.stage is not Stage.TLS or not evidence.lost or evidence.refusals:
        return None
    if evidence.is_server:
        return Match(
            "the client reset the connection during the tls handshake, without an alert",
            fix("client.reset"),
            LIKELY,
        )
    after = "the server had begun to answer" if evidence.answered else "our hello, before any answer"
    others = [
        alternative("tls.sni-filtered", "a device between may reset connections by their server name"),
        alternative("tls.sni-unknown", f'the server may drop names it does not serve, here "{evidence.sni}"'),
        alternative("tls.version", "an old server or relay may drop hellos that offer TLS 1.3"),
        alternative(
            "tls.proxy-header-missing",
            "a listener behind a load balancer drops a hello without the PROXY protocol header",
        ),
    ]
    size = evidence.hello.bytes or 0
    if size > 1400:
        others.insert(0, alternative("tls.large-hello-dropped", f"the hello has {size} bytes, more than one segment"))
    return Match(
        f"{evidence.peer} reset the connection during the tls handshake, after {after}",
        None,
        POSSIBLE,
        tuple(others) if not evidence.answered else (),
    )
