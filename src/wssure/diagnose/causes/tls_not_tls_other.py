"""The port serves a protocol that is neither TLS nor HTTP.

What happened:
    The received bytes cannot begin a TLS record, or they are a ClientHello, which no TLS server sends. Some protocols send a greeting first (SSH, SMTP, FTP, MySQL); the
    greeting is shown. TLS libraries report this as "wrong version number" or "invalid SSL record".

Why:
    A wrong port, a port forwarded to another service, a protocol that starts unencrypted and upgrades later (STARTTLS),
    an echo service; or a load balancer that sends a PROXY protocol header first.

Fix:
    * Correct the port; the greeting identifies the service.
    * A service with STARTTLS is not a WebSocket server.

References:
    * RFC 8446 section 5.1
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe
from wssure.diagnose.view import text_of
from wssure.facts import ClientHelloSeen, NotTlsSeen
from wssure.fixes import fix

_GREETINGS = (
    (b"SSH-", "an SSH server"),
    (b"220 ", "a mail (SMTP) or FTP server"),
    (b"220-", "a mail (SMTP) or FTP server"),
    (b"* OK", "an IMAP server"),
    (b"+OK", "a POP3 server"),
    (b"RFB ", "a VNC server"),
    (b"-ERR", "a Redis or POP3 server"),
    (b"PROXY ", "a PROXY protocol header, put there by a load balancer"),
    (b"\r\n\r\n\x00\r\nQUIT\n", "a PROXY protocol header, put there by a load balancer"),
    (b"AMQP", "an AMQP broker"),
)


@probe("connect, send nothing and read the greeting (nc NAME PORT)")
@cause("tls.not-tls-other", Fault.CALLER, shows=("tls.first_bytes", "tls.client_hello"))
def match(evidence: Evidence) -> Match | None:
    """Match first bytes that cannot be TLS, or a ClientHello from a server."""
    hellos = [one for one in evidence.all(ClientHelloSeen) if one.direction == "received"]
    if hellos and not evidence.is_server:
        own = evidence.hello.replace(direction="received") in hellos
        what = (
            "sent our own ClientHello back: it is an echo service or a loop"
            if own
            else "answered our ClientHello with one of its own: it is a TLS client, too"
        )
        return Match(f"{evidence.peer} {what}, not a TLS server", fix("tls.not-a-server"))
    seen = evidence.last(NotTlsSeen)
    if seen is None:
        return None
    first = evidence.first_bytes(NotTlsSeen)
    kind = next((name for start, name in _GREETINGS if first.startswith(start)), "")
    if not kind and len(first) > 5 and first[4:5] == b"\x0a" and first[3] == 0:
        kind = "a MySQL server"
    shown = text_of(seen.text, 40)
    who = "the client" if evidence.is_server else evidence.peer
    what = f"{kind} answers there" if kind and not evidence.is_server else f"its first bytes are '{shown}'"
    return Match(f"{who} does not use TLS on this connection: {what}")
