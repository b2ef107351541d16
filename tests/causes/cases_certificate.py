"""Evidence of verification."""

from tests.causes.build import Case, Stage, alert, certificate, endpoint, hello, own, verify

from wssure.evidence import Confidence
from wssure.facts import AnchorSeen, NameCheck, TlsSettingsUsed, VerifyDefect

T = Stage.TLS
LIKELY = Confidence.LIKELY
START = (*endpoint(), hello())
MINE = certificate("b.example.net")
SENT = alert(48, "sent")
MIDDLE = certificate(depth=1, subject="CN=middle")
GIVEN = TlsSettingsUsed("openssl", ca="given")


def defect(flag: str, word: str, depth: int | None = 1, subject: str | None = "CN=middle") -> VerifyDefect:
    return VerifyDefect(depth, flag, 7, "some words", word, subject)


ROOT = AnchorSeen(
    1, "CN=Old Root", "2030-01-01T00:00:00+00:00", "2020-01-01T00:00:00+00:00", "RSA 512", "md5WithRSAEncryption"
).at(3.0)
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
        (*START, certificate("b.example.net", issuer="CN=R10"), certificate(depth=1, subject="CN=R3", issuer="CN=Root"), verify("issuer-not-found")),
        ('"CN=R10"', "2 certificates were sent"),
        confidence=LIKELY,
        others=("cert.untrusted-root",),
    ),
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
    *(
        Case(cause, T, (*START, certificate("b.example.net", not_before="2024-01-01T00:00:00+00:00", not_after="2034-01-01T00:00:00+00:00"), ROOT, verify(flag, depth)), ("CN=Old Root", day))
        for cause, flag, day in (("cert.expired", "expired", "2020-01-01"), ("cert.not-yet-valid", "not-yet-valid", "2030-01-01"))
        for depth in ((1, None) if flag == "expired" else (1,))
    ),
    Case("cert.weak-key", T, (*START, certificate("b.example.net"), ROOT, verify("weak-key", 1)), ("RSA 512",)),
    Case("cert.weak-signature", T, (*START, certificate("b.example.net"), ROOT, verify("weak-signature", 1)), ("md5",)),
    Case("cert.expired", T, (*START, certificate("b.example.net"), verify("expired", 1)), ("CN=Example CA",)),
    Case("cert.expired", T, (*START, certificate("b.example.net"), verify("expired", 2)), ("the CA at depth 2",)),
    Case("cert.purpose", T, (*START, certificate("b.example.net", eku=["clientAuth"]), verify("purpose")), ("clientAuth",)),
    Case(
        "cert.chain-incomplete",
        T,
        (*START, GIVEN, MINE, verify("issuer-not-found")),
        ("1 certificate was sent", "Example CA", "TLSSettings(ca=FILE)"),
        confidence=LIKELY,
        others=("cert.untrusted-root",),
    ),
    Case("cert.strict", T, (*START, MINE, verify("strict")), ("X509_STRICT",)),
    Case(
        "cert.strict",
        T,
        (*START, MINE, defect("strict", "missing-authority-key-id", 0, "CN=b.example.net")),
        ("the server's own certificate", "CN=b.example.net", "authorityKeyIdentifier=keyid"),
    ),
    Case("cert.not-a-ca", T, (*START, MINE, MIDDLE, defect("not-a-ca", "no-ca-flag")), ("CN=middle", "number 2 of 2", "CA:TRUE", "openssl req")),
    Case("cert.not-a-ca", T, (*START, MINE, defect("not-a-ca", "no-cert-sign")), ("trust anchor", "keyCertSign")),
    Case("cert.path-length", T, (*START, MINE, MIDDLE, defect("path-length", "path-length-exceeded")), ("CN=middle", "pathlen")),
    Case("cert.path-length", T, (*START, MINE, defect("path-length", "chain-too-long", None, None)), ("more certificates",)),
    Case("cert.name-constraints", T, (*START, MINE, defect("name-constraints", "not-permitted", 0, "CN=b.example.net")), ("own certificate", "some words")),
    Case("cert.critical-extension", T, (*START, MINE, defect("critical-extension", "unknown-extension", 0, "CN=b.example.net")), ("libraries do not process",)),
    Case("cert.critical-extension", T, (*START, defect("critical-extension", "unsupported-extension", None, None)), ("this TLS library", 'backend="openssl"')),
    Case("cert.bad-signature", T, (*START, MINE, defect("bad-signature", "signature-mismatch", 0, "CN=b.example.net")), ("another key", "openssl verify")),
    Case("cert.malformed", T, (*START, MINE, defect("malformed", "broken-extension", 0, "CN=b.example.net")), ("extension",)),
    Case("cert.malformed", T, (*START, defect("malformed", "unsupported-key", None, None)), ("kind", 'backend="openssl"')),
    Case("cert.no-revocation-status", T, (*START, MINE, defect("no-revocation-status", "no-list", 0, "CN=b.example.net")), ("no revocation list",)),
    Case("cert.refused", T, (*START, MINE, defect("other", "dane-mismatch", 0, "CN=b.example.net")), ("some words",)),
    Case("cert.ip-as-dns", T, (*endpoint("wss://127.0.0.1/", "127.0.0.1"), hello(None), certificate("127.0.0.1"), verify("ip-mismatch")), ("DNS:127.0.0.1", "IP:127.0.0.1")),
    Case("stack.rsa-pss-refused", T, (*START, own("rsa-pss-refused")), ("RSA-PSS", "3.6.7")),
    Case("cert.weak-key", T, (*START, certificate("b.example.net", key="RSA 1024"), verify("weak-key")), ("RSA 1024",)),
    Case("cert.weak-signature", T, (*START, certificate("b.example.net", signature="sha1WithRSA"), verify("weak-signature")), ("sha1WithRSA",)),
    Case("cert.revoked", T, (*START, MINE, verify("revoked"))),
    Case("cert.pin-mismatch", T, (*START, MINE, verify("pin-mismatch"))),
)  # fmt: skip
