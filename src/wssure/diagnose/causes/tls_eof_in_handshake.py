"""The server closed the connection during the handshake, without an alert.

What happened:
    The TCP connection was established and our ClientHello was sent. The other end then closed the TCP connection
    normally, without a TLS alert that gives a reason. OpenSSL reports "unexpected eof while reading", Mbed TLS -0x7280,
    Go "EOF", Node "Client network socket disconnected".

Why:
    Several causes have the same effect, so they are ranked below: a server that closes on unknown names, or on hellos
    without a name; a TCP load balancer without a healthy backend; a server with other TLS versions; a port for another
    protocol; a limit on connections.

Fix:
    Change one thing at a time on the same address and compare the results:
    * another server name, or the real name of the server: `wssure check wss://OTHER/ --address SAME_ADDRESS`
    * `--tls-max 1.2`
    * plain HTTP: `wssure check ws://NAME:443/`
    * the server's or balancer's log for the same second

References:
    * RFC 8446 section 6.1 (a TLS peer sends close_notify before it closes)
"""

from wssure.diagnose.cause import LIKELY, POSSIBLE, Evidence, Match, alternative, cause, probe
from wssure.diagnose.view import warnings
from wssure.evidence import Fault, Stage
from wssure.facts import AlertSeen, NotTlsSeen, TlsEof
from wssure.fixes import fix

_CANCELED = 90


@probe("repeat with and without SNI, with TLS 1.2 only, with a small hello and without ALPN")
@cause("tls.eof-in-handshake", Fault.PEER, transient=True, shows=("tls.client_hello", "tls.server_hello", "tls.eof"))
def match(evidence: Evidence) -> Match | None:
    """Match an EOF in the handshake without an alert."""
    alerts = evidence.all(AlertSeen)
    if not evidence.is_server and any(one.number == _CANCELED and one.direction == "received" for one in alerts):
        return Match(
            f"{evidence.peer} read our ClientHello and cancelled the handshake (alert user_canceled),"
            " as `wssure hello --listen` does",
            fix("tls.cancelled"),
            LIKELY,
        )
    if evidence.stage is not Stage.TLS or not evidence.closed_in_handshake or evidence.lost:
        return None
    eof = evidence.last(TlsEof)
    if NotTlsSeen in evidence:
        return None
    if evidence.is_server:
        if not evidence.has_hello:
            return _in_its_hello(eof.bytes_received if eof else 0)
        silent = alternative(
            "tls.peer-rejected-our-cert", "clients often close instead of sending an alert about our certificate"
        )
        return Match(
            "the client closed during the handshake, without an alert",
            fix("client.gave-up"),
            LIKELY,
            (silent,) if evidence.answered else (),
        )
    if not evidence.has_hello:
        return Match(f"{evidence.peer} closed the connection before our hello was sent", None, POSSIBLE)
    if evidence.answered:
        after = eof.after.replace("_", " ") if eof else ""
        where = (
            f"after its {after}" if after in ("server hello", "certificate") else "in the middle of its first answer"
        )
        return Match(f"{evidence.peer} closed during the handshake {where}, without an alert", None, POSSIBLE)
    others = [alternative("tls.version", "servers may close on unsupported versions")]
    if evidence.sni:
        others.insert(
            0,
            alternative(
                "tls.sni-unknown", f'it may have no site "{evidence.sni}", and close instead of sending alert 112'
            ),
        )
    others.append(
        alternative(
            "tls.proxy-header-missing",
            "a listener behind a load balancer drops a hello without the PROXY protocol header",
        )
    )
    warned = ", ".join(str(number) for number in sorted(warnings(evidence)))
    how = f"after the warning alert {warned}" if warned else "without an alert"
    if 0 in warnings(evidence):
        how = "with close_notify and without a reason"
    return Match(
        f"{evidence.peer} closed the connection after our ClientHello, {how}",
        confidence=POSSIBLE,
        others=tuple(others),
    )


def _in_its_hello(count: int) -> Match | None:
    """Return the match for a client that closed within its ClientHello."""
    if not count:
        return None
    return Match(f"the client closed in the middle of its hello, after {count} bytes", fix("client.hello-cut"), LIKELY)
