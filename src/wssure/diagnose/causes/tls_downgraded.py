"""A device on the path lowered the TLS version.

What happened:
    We offered TLS 1.3, and the answer selected an older version. The last bytes of the server's random say that the
    server supports TLS 1.3 and saw a hello without it. So the hello that it saw was not ours. A TLS 1.3 client must
    end such a handshake with alert 47, illegal_parameter.

Why:
    A firewall, virus scanner or proxy that terminates TLS speaks only TLS 1.2 and copies the server's random; or an
    attacker on the path removes TLS 1.3 from the hello; or, rarely, a server that sets these bytes wrongly.

Fix:
    * Connect from another network. If TLS 1.3 works there, a device on this path is the cause: update it, or exempt
      the host from its inspection.
    * If it fails everywhere, the server sets the bytes itself: update its TLS library.

References:
    * RFC 8446 section 4.1.3 (the downgrade sentinel)
"""

from wssure.diagnose.cause import LIKELY, Evidence, Fault, Match, cause, probe
from wssure.facts import ServerHelloSeen


@probe("connect from another network, and with TLS 1.2 as the highest version")
@cause("tls.downgraded", Fault.PATH, shows=("tls.client_hello", "tls.server_hello", "tls.alert"))
def match(evidence: Evidence) -> Match | None:
    """Match the downgrade sentinel in the answer to a hello that offered TLS 1.3."""
    if evidence.is_server or evidence.done or "TLSv1.3" not in evidence.hello.versions:
        return None
    answer = next((hello for hello in evidence.all(ServerHelloSeen) if hello.downgraded), None)
    if answer is None:
        return None
    return Match(
        f"{evidence.peer} selected {answer.version} with the downgrade mark of a server that supports TLS 1.3: "
        "a device on the path changed our hello",
        confidence=LIKELY,
    )
