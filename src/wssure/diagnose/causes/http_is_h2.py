"""The server uses HTTP/2 on this connection.

What happened:
    The TLS handshake was completed and our HTTP/1.1 upgrade was sent. The answer is HTTP/2 (it begins with a SETTINGS
    frame), or ALPN selected h2. Other libraries report "did not receive a valid HTTP response", curl "Received
    HTTP/0.9".

Why:
    The endpoint supports only HTTP/2, or treats connections without ALPN as HTTP/2 (like gRPC servers), or the client
    offered h2.

Fix:
    * Client: offer only `http/1.1` in ALPN (wssure's default). libwebsockets: `i.alpn = "http/1.1";`.
    * Server: allow HTTP/1.1 on that address. WebSocket inside HTTP/2 (RFC 8441) is a different protocol, which wssure
      does not support.

References:
    * RFC 9113 section 3.4 (connection preface), RFC 8441, RFC 7301
"""

from wssure.diagnose.cause import Evidence, Match, cause, probe
from wssure.evidence import Fault, Stage
from wssure.facts import NotHttpSeen, TlsDone
from wssure.fixes import fix


@probe("repeat with ALPN http/1.1, and without ALPN (curl -v --http1.1 https://NAME/, then --no-alpn)")
@cause("http.is-h2", Fault.UNKNOWN, shows=("tls.done", "http.first_bytes"))
def match(evidence: Evidence) -> Match | None:
    """Match the beginning of a SETTINGS or GOAWAY frame, or h2 agreed by ALPN."""
    if evidence.is_server:
        return None
    first = evidence.first_bytes(NotHttpSeen)
    settings = len(first) >= 9 and first[0] == 0 and first[3] in (4, 7) and first[5:9] == bytes(4)
    done = evidence.last(TlsDone)
    agreed = done is not None and done.alpn == "h2" and evidence.stage is Stage.UPGRADE
    if not settings and not agreed:
        return None
    return Match(
        f"{evidence.peer} used HTTP/2 on this connection" + (", as selected by ALPN" if agreed else ", without asking"),
        None if agreed or "h2" in evidence.hello.alpn else fix("http.is-h2-unasked"),
    )
