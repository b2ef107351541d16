"""The answer is not HTTP.

What happened:
    The answer to the upgrade request does not begin with an HTTP/1.1 status line, or its header is malformed.

Why:
    The port serves another protocol inside TLS (MQTT, AMQP, a raw socket), a TLS relay forwards to the wrong backend,
    or the server is faulty.

Fix:
    * Correct the port or the relay's backend; the first bytes shown identify the protocol.
    * For ESP-IDF and other clients that do not show the bytes: use `curl -v --http1.1 https://NAME:PORT/PATH`.

References:
    * RFC 9112 sections 2.2 and 4
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe
from wssure.diagnose.view import text_of
from wssure.facts import MalformedHttp, NotHttpSeen, UpgradeBroken


@probe("send a plain GET / and look at the first bytes (curl -v --http1.1 https://NAME/)")
@cause("http.garbage", Fault.PEER, shows=("tls.done", "http.first_bytes", "http.malformed"))
def match(evidence: Evidence) -> Match | None:
    """Match first bytes that are no HTTP, or HTTP that breaks its grammar."""
    if UpgradeBroken in evidence:
        return None  # A well-formed answer that broke a rule of the upgrade says which.
    first, malformed = evidence.last(NotHttpSeen), evidence.last(MalformedHttp)
    if malformed is not None:
        return Match(f"what {evidence.peer} sent breaks the grammar of HTTP/1.1: {text_of(malformed.what, 200)}")
    if first is None:
        return None
    shown = text_of(first.text, 40)
    who = "the client" if evidence.is_server else evidence.peer
    what = "request" if evidence.is_server else "answer"
    return Match(f"the {what} of {who} is not HTTP/1.1: it begins with '{shown}'", fault=Fault.PEER)
