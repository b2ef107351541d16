"""Evidence of verification."""

from tests.causes.build import Case, Stage, alert, certificate, endpoint, hello, own, verify

from wssure.evidence import Confidence
from wssure.facts import NameCheck

T = Stage.TLS
LIKELY = Confidence.LIKELY
START = (*endpoint(), hello())
MINE = certificate("b.example.net")
SENT = alert(48, "sent")

CASES = (
    Case("cert.expired", T, (*START, MINE, verify("expired")), ("b.example.net", "2024-04-01")),
    Case("cert.not-yet-valid", T, (*START, MINE, verify("not-yet-valid")), ("2024-01-01", "clock")),
    Case("cert.self-signed", T, (*START, certificate("b.example.net", self_issued=True), verify("self-signed"), SENT), ("self-signed",)),
    Case("cert.untrusted-root", T, (*START, MINE, verify("issuer-not-found"), SENT), ("Example CA",), confidence=LIKELY, others=("cert.chain-incomplete",)),
    Case("cert.untrusted-root", T, (*START, MINE, certificate(depth=1, self_issued=True), verify("self-signed-in-chain", 1)), ("Example CA",)),
    Case("cert.untrusted-root", T, (*START, verify("self-signed-in-chain", None)), ("CA",)),
    Case("cert.no-trust-store", T, (*START, MINE, verify("issuer-not-found"), own("no-ca"))),
    Case("cert.no-trust-store", T, (*START, own("no-ca"))),
    Case(
        "cert.chain-incomplete",
        T,
        (*START, certificate("b.example.net", aia_issuers=["http://ca.example/i.der"]), verify("issuer-not-found")),
        ("b.example.net", "Example CA"),
        confidence=LIKELY,
        others=("cert.untrusted-root",),
    ),
    Case("proxy.intercepts-tls", T, (*START, certificate("b.example.net", issuer="O=Zscaler Inc."), verify("issuer-not-found")), ("Zscaler",), confidence=LIKELY),
    Case("cert.hostname", T, (*START, certificate("a.example.net", "*.a.example.net"), verify("hostname")), ("a.example.net", "b.example.net")),
    Case("cert.hostname", T, (*START, NameCheck(expected="b.example.net", presented=("a.example.net",))), ("a.example.net",)),
    Case("cert.no-san", T, (*START, certificate(), verify("hostname")), ("CN=device",)),
    Case("cert.purpose", T, (*START, certificate("b.example.net", eku=["clientAuth"]), verify("purpose")), ("clientAuth",)),
    Case("cert.strict", T, (*START, MINE, verify("strict")), ("X509_STRICT",)),
    Case("cert.weak-key", T, (*START, certificate("b.example.net", key="RSA 1024"), verify("weak-key")), ("RSA 1024",)),
    Case("cert.weak-signature", T, (*START, certificate("b.example.net", signature="sha1WithRSA"), verify("weak-signature")), ("sha1WithRSA",)),
    Case("cert.revoked", T, (*START, MINE, verify("revoked"))),
    Case("cert.pin-mismatch", T, (*START, MINE, verify("pin-mismatch"))),
)  # fmt: skip
