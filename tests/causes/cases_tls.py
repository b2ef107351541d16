"""Evidence in the TLS handshake."""

from tests.causes.build import (
    Case,
    Fact,
    Stage,
    alert,
    certificate,
    done,
    endpoint,
    eof,
    first_bytes,
    hello,
    os_error,
    own,
    probe,
    response,
    timeout,
    verify,
)

from wssure.evidence import Attempt, Confidence
from wssure.facts import (
    CertificateRequested,
    GuardStopped,
    LibraryWords,
    PeerNotProven,
    ResolveAnswers,
    ServerHelloSeen,
    SiteChosen,
    TlsReceived,
    TlsSettingsUsed,
)

T = Stage.TLS
LIKELY, POSSIBLE = Confidence.LIKELY, Confidence.POSSIBLE
IP = endpoint("wss://192.0.2.7/", "192.0.2.7")
REQUEST = CertificateRequested(ca_names=("CN=Clients",)).at(3.0)
NO_CERT = TlsSettingsUsed("openssl", client_cert=False).at(0.0)
WITH_CERT = TlsSettingsUsed("openssl", client_cert=True).at(0.0)
CHOSEN = ServerHelloSeen(version="TLSv1.2", cipher="x").at(3.0)
RETRY = ServerHelloSeen(version="TLSv1.3", cipher="x", group="secp521r1", hello_retry=True).at(3.0)
V6_UP = (Attempt("[2001:db8::6]:443", ok=False, errno=113), Attempt("[2001:db8::7]:443", ok=True))


def site(refused: str, name: str | None = None) -> Fact:
    return SiteChosen(server_name=name, chosen=None, refused=refused).at(3.0)


CASES = (
    # -- the server name
    *(Case("tls.sni-missing", T, (*IP, hello(None), alert(number)), (f"alert {number}", "absent"), confidence=LIKELY) for number in (40, 80, 109)),
    Case("tls.sni-missing", T, (*IP, hello(None), alert(112)), ("alert 112",)),
    Case("tls.sni-missing", T, (*IP, hello(None), eof()), ("absent",), confidence=LIKELY, others=("tls.eof-in-handshake",)),
    Case("tls.sni-missing", T, (*IP, hello(""), eof()), ("present and empty",), confidence=LIKELY),
    Case("tls.sni-missing", T, (*IP, hello(None), os_error("ECONNRESET", 104)), ("a reset",), confidence=LIKELY),
    Case(
        "tls.sni-missing",
        T,
        (*IP, hello(None), certificate("default.example"), verify("ip-mismatch")),
        ("default.example",),
        confidence=LIKELY,
        others=("cert.hostname",),
    ),
    Case("tls.sni-missing", Stage.UPGRADE, (*IP, hello(None), done(), response(421, "Misdirected Request")), ("421",), confidence=LIKELY, said_stage=Stage.UPGRADE),
    Case("tls.sni-missing", T, (hello(None, direction="received"), site("no-name"), alert(112, "sent")), ("the client",), role="server"),
    Case("tls.sni-unknown", T, (hello(direction="received"), site("unknown-name", "b.example.net")), ("b.example.net",), role="server"),
    Case("tls.sni-unknown", T, (*endpoint(), hello(), alert(112)), ("b.example.net", "112")),
    Case("tls.sni-ip-literal", T, (hello("192.0.2.7"), alert(47)), ("192.0.2.7",)),
    Case("tls.sni-malformed", T, (hello("wss"), alert(112)), ("scheme",)),
    *(Case("tls.sni-malformed", T, (hello("b.example.net/ws"), end), ("a path",), confidence=LIKELY) for end in (eof(), alert(40))),
    Case("tls.sni-filtered", T, (*endpoint(), hello(), os_error("ECONNRESET", 104), probe("tls.sni-filtered")), confidence=LIKELY),
    # -- not TLS
    Case("tls.not-tls-http", T, (*endpoint(), hello(), first_bytes(b"HTTP/1.1 400 Bad Request\r\n")), ("plain HTTP",)),
    Case("tls.not-tls-other", T, (*endpoint(), hello(), first_bytes(b"SSH-2.0-OpenSSH_9.2\r\n")), ("SSH",)),
    Case("tls.no-hello", T, (eof("nothing"),), ("closed",), role="server"),
    # -- what is offered
    Case(
        "tls.no-common-params",
        T,
        (*endpoint(), hello(), alert(40)),
        ("alert 40",),
        confidence=POSSIBLE,
        others=("tls.sni-unknown", "tls.version", "tls.no-common-group"),
    ),
    Case("tls.no-common-params", T, (*endpoint(), hello(), alert(71)), ("71",)),
    Case("tls.no-common-params", T, (hello(direction="received"), alert(40, "sent")), role="server", confidence=LIKELY),
    Case("tls.no-common-group", T, (*endpoint(), hello(), RETRY, alert(47, "sent")), ("secp521r1",), confidence=LIKELY),
    Case("tls.not-tls-other", T, (*endpoint(), hello(), hello(direction="received"), alert(10, "sent")), ("our own ClientHello back",)),
    Case("tls.not-tls-other", T, (*endpoint(), hello(), hello("c.example.net", direction="received"), alert(10, "sent")), ("a TLS client, too",)),
    Case("tls.proxy-header-missing", T, (*endpoint(), hello(), eof(), probe("tls.proxy-header-missing")), ("PROXY protocol",), confidence=LIKELY),
    Case(
        "tls.downgraded",
        T,
        (*endpoint(), hello(), ServerHelloSeen("TLSv1.2", "x", downgraded=True), alert(47, "sent"), own("no-safe-renegotiation")),
        ("downgrade", "TLSv1.2"),
        confidence=LIKELY,
    ),
    Case("tls.sni-unknown", T, (*endpoint(), hello(), alert(80)), ("b.example.net", "80"), confidence=POSSIBLE, others=("tls.alert",)),
    Case("tls.alert", T, (*endpoint(), hello(), CHOSEN, alert(80)), ("80", "a reason of its own"), confidence=LIKELY),
    Case("tls.alert", T, (*endpoint(), NO_CERT, hello(), alert(49)), ("49", "access policy"), confidence=LIKELY),
    *(
        Case("tls.alert", T, (*endpoint(), NO_CERT, hello(), alert(number)), (str(number),), confidence=LIKELY)
        for number in (21, 30, 41, 42, 43, 44, 45, 46, 47, 48, 50, 51, 60, 86, 100, 109, 110, 111, 113, 114, 115, 117, 121)
    ),
    *(
        Case("tls.alert", T, (*endpoint(), hello(), CHOSEN, alert(number, "sent"), LibraryWords("x", 1, "bad things")), ("does not accept", "bad things"), confidence=POSSIBLE)
        for number in (40, 80, None)
    ),
    # A TLS 1.3 client is done before the server has seen its certificate (RFC 8446 section 4.4.2.4).
    Case("tls.alert", T, (*endpoint(), NO_CERT, hello(), done(), alert(51, after_done=True)), ("51",), confidence=LIKELY),
    Case("tls.sni-unknown", T, (*endpoint(), hello(), alert(112, level="warning"), eof(received=7)), confidence=LIKELY),
    Case("tls.timeout-after-hello", T, (*endpoint(), hello(), alert(112, level="warning"), TlsReceived(7), timeout("tls")), confidence=POSSIBLE),
    Case("tls.alert", T, (*endpoint(), hello(), alert(200)), ("200",), confidence=POSSIBLE),
    Case("tls.alert", T, (hello(direction="received"), alert(47)), ("the client refused", "47"), role="server", confidence=LIKELY),
    *(
        Case("tls.alert", T, (*endpoint(), hello(), CHOSEN, alert(number, "sent"), LibraryWords("x", 1, "bad things")), (str(number), "breaks TLS", "bad things"), confidence=POSSIBLE)
        for number in (47, 50, 51, 109, 110)
    ),
    Case("http.captive-portal", T, (*endpoint(), hello(), first_bytes(b"HTTP/1.1 511 Network Authentication Required\r\n\r\n")), ("511",), said_stage=T),
    *(
        Case(
            "http.captive-portal",
            T,
            (*endpoint(), hello(), first_bytes(f"HTTP/1.1 {status} Found\r\nServer: portal\r\nDate: {'x' * 200}\r\n{name}: {target}?from=s3cret\r\n\r\n".encode())),
            ("redirect in plain HTTP to another site", target),
            confidence=LIKELY,
            others=("tls.not-tls-http",),
            said_stage=T,
        )
        for status in (301, 302, 303, 307, 308)
        for name in ("Location", "location")
        for target in ("http://login.hotel.example/", "https://192.0.2.1/login")
    ),
    *(
        Case("tls.not-tls-http", T, (*endpoint(), hello(), first_bytes(f"HTTP/1.1 301 Moved\r\nLocation: {target}\r\n\r\n".encode())))
        for target in ("http://b.example.net/", "https://www.example.net/ws", "/login", "http://[")
    ),
    Case("tls.version", T, (*endpoint(), hello(), alert(70)), ("TLSv1.3, TLSv1.2",)),
    Case("tls.version", T, (*endpoint(), hello(), alert(70, "sent")), ("do not accept",)),
    Case("tls.version", T, (hello(direction="received"), alert(70, "sent")), ("the client offered",), role="server"),
    Case("tls.alpn", T, (*endpoint(), hello(alpn=["h2"]), alert(120)), ("h2",)),
    Case("tls.weak-dh", T, (*endpoint(), hello(), own("dh-key-too-small"))),
    Case("tls.legacy-renegotiation", T, (*endpoint(), hello(), own("no-safe-renegotiation"))),
    Case("tls.record-buffer-too-small", T, (*endpoint(), hello(), alert(22)), ("22",)),
    Case("tls.bad-record-mac", T, (*endpoint(), hello(), alert(20)), ("20",), confidence=LIKELY),
    Case("tls.bad-record-mac", Stage.OPEN, (*endpoint(), hello(), done(), own("refused-record")), ("refused a record",), confidence=POSSIBLE),
    Case("tls.bad-record-mac", T, (*endpoint(), hello(), CHOSEN, own("refused-record"), alert(70, "sent")), ("refused a record",), confidence=POSSIBLE),
    Case("tls.unexpected-message", T, (*endpoint(), hello(), alert(10)), ("10",), confidence=POSSIBLE),
    Case("tls.unexpected-message", T, (*endpoint(), hello(), alert(10, "sent")), ("not allowed",), confidence=LIKELY),
    Case("tls.unexpected-message", Stage.OPEN, (*endpoint(), hello(), done(), own("unexpected-message")), ("KeyUpdate",), confidence=LIKELY, said_stage=Stage.OPEN),
    Case("tls.handshake-too-large", T, (*endpoint(), hello(), own("handshake-too-large")), ("192.0.2.7",)),
    Case("tls.handshake-too-large", T, (own("handshake-too-large"),), ("the client",), role="server"),
    Case("tls.out-of-memory", T, (own("out-of-memory"),)),
    Case("stack.psa-not-initialised", T, (own("psa-not-initialised"),)),
    Case("stack.no-hostname-set", T, (own("no-hostname"),)),
    Case("stack.sni-guard", T, (*endpoint(), GuardStopped(expected="b.example.net", found=None)), ("none", "b.example.net")),
    Case("stack.unproven-peer", T, (*endpoint(), PeerNotProven(backend="x (1)", problem="none came")), ("x (1)", "none came")),
    # -- certificates of clients
    Case("tls.client-cert-required", T, (*endpoint(), NO_CERT, hello(), certificate("b.example.net"), REQUEST, alert(40)), ("alert 40",)),
    Case("tls.client-cert-required", Stage.UPGRADE, (*endpoint(), NO_CERT, hello(), done(), alert(116, after_done=True)), ("116",), said_stage=T),
    Case(
        "tls.client-cert-required",
        Stage.UPGRADE,
        (*endpoint(), NO_CERT, hello(), REQUEST, done(), os_error("ECONNRESET", 104)),
        confidence=LIKELY,
        others=("http.eof",),
        said_stage=T,
    ),
    Case("tls.client-cert-required", T, (hello(direction="received"), alert(116, "sent")), role="server"),
    Case(
        "tls.client-cert-required",
        Stage.UPGRADE,
        (*endpoint(), NO_CERT, hello(), done(), response(400, "Bad Request", "<h1>400 No required SSL certificate was sent</h1>")),
        ("400",),
        said_stage=Stage.UPGRADE,
    ),
    Case(
        "tls.client-cert-rejected",
        Stage.UPGRADE,
        (*endpoint(), WITH_CERT, hello(), done(), response(400, "Bad Request", "<title>400 The SSL certificate error</title>")),
        ("400",),
        said_stage=Stage.UPGRADE,
    ),
    Case("tls.client-cert-rejected", T, (*endpoint(), WITH_CERT, hello(), REQUEST, alert(48)), ("48",)),
    Case("tls.client-cert-rejected", T, (hello(direction="received"), verify("issuer-not-found"), alert(48, "sent")), role="server"),
    Case("tls.peer-rejected-our-cert", T, (hello(direction="received"), alert(48)), ("unknown_ca",), role="server"),
    # -- silence
    Case("tls.eof-in-handshake", T, (*endpoint(), hello(), eof()), confidence=POSSIBLE, others=("tls.sni-unknown", "tls.version")),
    Case(
        "tls.eof-in-handshake",
        T,
        (hello(direction="received"), ServerHelloSeen(version="TLSv1.3", hello_retry=False), eof("server_hello", 500)),
        ("the client closed",),
        role="server",
        confidence=LIKELY,
        others=("tls.peer-rejected-our-cert",),
    ),
    Case("tls.timeout-after-hello", T, (hello(direction="received"), timeout("tls")), ("did not complete",), role="server", confidence=LIKELY),
    Case("tls.timeout-after-hello", T, (*endpoint(), hello(size=1600), timeout("tls")), ("10 s",), confidence=POSSIBLE, others=("tls.large-hello-dropped",)),
    Case("tls.large-hello-dropped", T, (*endpoint(), hello(size=1600), timeout("tls"), probe("tls.large-hello-dropped")), ("1600",), confidence=LIKELY),
    Case(
        "tcp.reset-in-handshake",
        T,
        (*endpoint(), hello(), TlsReceived(bytes=40), os_error("ECONNRESET", 104)),
        ("had begun to answer",),
        confidence=POSSIBLE,
    ),
    Case("tls.eof-in-handshake", T, (*endpoint(), hello(), eof(received=40)), ("in the middle of its first answer",), confidence=POSSIBLE),
    Case("tcp.reset-in-handshake", T, (*endpoint(), hello(), os_error("ECONNRESET", 104)), confidence=POSSIBLE, others=("tls.sni-filtered",)),
    Case(
        "tcp.reset-in-handshake",
        T,
        (*endpoint(), hello(), ResolveAnswers(("2001:db8::7", "192.0.2.7")), os_error("ECONNRESET", 104)),
        attempts=V6_UP,
        confidence=POSSIBLE,
        others=("tcp.v6-broken",),
    ),
)  # fmt: skip
