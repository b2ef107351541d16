"""No common subprotocol was agreed.

What happened:
    The server selected a subprotocol that was not offered, or more than one. Or `wssure check` or `wssure connect`
    offered a subprotocol and the server selected none: RFC 6455 allows that, but a program that needs the subprotocol
    would not work.

Why:
    Client and server use different names for it, or the server always sends its own.

Fix:
    * Offer the server's name: `connect(url, subprotocols=["name"])`; libwebsockets: `i.protocol = "name";` (the scheme
      "wss" is not a subprotocol, a common mistake).
    * Server: select only a subprotocol that the client offered.

References:
    * RFC 6455 sections 1.9, 4.1 (item 6) and 4.2.2
"""

from wssure.diagnose.cause import Evidence, Match, cause, probe
from wssure.diagnose.view import broken_rule, text_of
from wssure.evidence import Fault, Stage
from wssure.fixes import fix


@probe("repeat without subprotocol, and with the server's")
@cause("ws.subprotocol", Fault.UNKNOWN, stage=Stage.UPGRADE, shows=("http.upgrade", "http.response"))
def match(evidence: Evidence) -> Match | None:
    """Match a broken rule about the subprotocol."""
    upgrade = broken_rule(evidence, "subprotocol")
    if upgrade is None:
        return None
    got, expected = text_of(upgrade.got), text_of(upgrade.expected) or "none"
    if not got:
        return Match(
            f"{evidence.peer} selected no subprotocol, expected {expected}",
            fix("ws.no-subprotocol"),
        )
    return Match(
        f'{evidence.peer} selected the subprotocol "{got}", expected {expected}',
        fix("ws.other-subprotocol", subprotocol=got),
    )
