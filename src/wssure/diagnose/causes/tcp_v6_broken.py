"""One address family fails, and the other may work.

What happened:
    An address of one family (usually IPv6) accepted the TCP connection, but did not answer TLS. The name has addresses
    of the other family too, which were not used: after a TCP connection is established, a client does not try the next
    address. So racing addresses does not help here.

Why:
    A load balancer or tunnel accepts TCP on IPv6 without a working backend; packets above a size are lost on the IPv6
    path because "packet too big" messages are filtered; or the IPv6 record is the address of another, older machine.

Fix:
    * Compare the families: `wssure check wss://NAME/ --address IPV4` and the same with the IPv6 address.
    * As a work-around connect to the working family: `connect("wss://NAME/", address="192.0.2.7")`; the verified name
      is unchanged.
    * libwebsockets: `info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;` until the path is fixed.
    * The owner of the service: fix the IPv6 backend, allow ICMPv6 type 2, or remove the AAAA record.

References:
    * RFC 8305 section 3 (racing ends with an established TCP connection), RFC 4890 section 4.3.1, RFC 8201
"""

from wssure.diagnose.cause import LIKELY, POSSIBLE, Evidence, Match, cause, probe
from wssure.diagnose.view import answers
from wssure.evidence import Fault, Stage
from wssure.fixes import fix


@probe("repeat the handshake on each address of the name (curl -4 -v https://NAME/, then -6)")
@cause(
    "tcp.v6-broken",
    Fault.PATH,
    stage=Stage.TLS,
    transient=True,
    shows=("resolve.answers", "tls.client_hello", "timeout", "os.error"),
)
def match(evidence: Evidence) -> Match | None:
    """Match a time-out or a reset after the hello on one family while the other was not used."""
    if evidence.is_server or evidence.stage is not Stage.TLS or evidence.answered:
        return None
    if not (evidence.timeout_phase == "tls" or evidence.lost):
        return None
    connected = next((attempt.address for attempt in evidence.attempts if attempt.ok), "")
    is_v6 = connected.startswith("[") or connected.count(":") > 1
    rest = [address for address in answers(evidence) if (":" in address) is not is_v6]
    if not connected or not rest:
        return None
    family = "IPv6" if is_v6 else "IPv4"
    failed_before = any(not attempt.ok and (attempt.address.count(":") > 1) is is_v6 for attempt in evidence.attempts)
    return Match(
        f"{connected} ({family}) accepted the connection and then answered nothing; {rest[0]} of the other family was not used",
        fix("tcp.other-family", address=rest[0], family=family),
        LIKELY if failed_before else POSSIBLE,
    )
