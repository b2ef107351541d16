"""The server selected an extension that was not offered, or unsupported parameters.

What happened:
    The Sec-WebSocket-Extensions header of the 101 has an extension that the client did not offer, the same extension
    twice, or permessage-deflate with parameters outside the offer (for instance 8 window bits, which zlib cannot
    compress with).

Why:
    A server that always lists its extensions, or a bug in its negotiation.

Fix:
    * As a work-around, connect without extensions: `connect(url, compression=None)`; libwebsockets: no
      `info.extensions`.
    * Server: select only extensions that the client offered.

References:
    * RFC 6455 sections 4.1 (item 5) and 9.1, RFC 7692 section 7.1
"""

from wssure.diagnose.cause import Evidence, Match, cause, probe
from wssure.diagnose.view import broken_rule, text_of
from wssure.evidence import Fault, Stage
from wssure.fixes import fix


@probe("repeat without extensions")
@cause("ws.extension", Fault.PEER, stage=Stage.UPGRADE, shows=("http.upgrade", "http.response"))
def match(evidence: Evidence) -> Match | None:
    """Match a broken rule about extensions."""
    upgrade = broken_rule(evidence, "extension")
    if upgrade is None:
        return None
    got, expected = text_of(upgrade.got), text_of(upgrade.expected) or "none"
    todo = fix("ws.no-extension") if "permessage-deflate" in got else None
    return Match(f"{evidence.peer} selected the extension {got}, expected {expected}", todo)
