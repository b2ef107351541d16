"""Evidence before TLS: name service, TCP, proxy."""

from tests.causes.build import ADDRESS, Case, Fact, Stage, endpoint, first_bytes, hello, os_error, response, timeout

from wssure.evidence import Attempt, Confidence
from wssure.facts import (
    EndpointAddress,
    HttpEof,
    ProxyEof,
    ProxyResponse,
    ProxyUsed,
    ResolveAnswers,
    ResolveErrorSeen,
    UnixPathDialled,
)

NONE: tuple[Attempt, ...] = ()
V6 = "[2001:db8::7]:443"
BROKEN_V6 = (Attempt(V6, ok=True),)


def resolver(name: str, code: int) -> Fact:
    return ResolveErrorSeen(code=code, name=name, text="words").at(1.0)


def proxy(status: int, **headers: str) -> Fact:
    return ProxyResponse(status, "Reason", {name.replace("_", "-"): value for name, value in headers.items()}).at(2.0)


def by_name() -> tuple[Fact, ...]:
    """Return the facts of an endpoint whose address is to be resolved."""
    return tuple(EndpointAddress("b.example.net") if fact.kind == "endpoint.address" else fact for fact in endpoint())


PROXY = ProxyUsed(host="192.0.2.9", port=3128, origin="HTTPS_PROXY").at(0.0)


def refused(*addresses: str, number: int = 111) -> tuple[Attempt, ...]:
    return tuple(Attempt(address, ok=False, error="words", errno=number) for address in addresses)


CASES = (
    Case("dns.url-as-name", Stage.RESOLVE, (EndpointAddress("wss://b.example.net/"),), ("address",), NONE, said_stage=Stage.USAGE),
    Case("dns.nxdomain", Stage.RESOLVE, (*endpoint(), resolver("EAI_NONAME", -2)), ("192.0.2.7",), NONE),
    Case("dns.no-aaaa-or-a", Stage.RESOLVE, (*endpoint(), resolver("EAI_NODATA", -5)), ("no address",), NONE),
    Case(
        "dns.no-aaaa-or-a",
        Stage.DIAL,
        (*endpoint(), ResolveAnswers(("2001:db8::7",)), os_error("ENETUNREACH", 101, "connect")),
        ("only IPv6", "no IPv6 route"),
        refused(V6, number=101),
        confidence=Confidence.LIKELY,
        others=("tcp.unreachable",),
        said_stage=Stage.DIAL,
    ),
    Case("dns.timeout", Stage.RESOLVE, (*endpoint(), resolver("EAI_AGAIN", -3)), ("resolver",), NONE),
    Case("dns.timeout", Stage.RESOLVE, (*endpoint(), timeout("resolve")), ("10 s",), NONE),
    Case("tcp.refused", Stage.DIAL, (*endpoint(), os_error("ECONNREFUSED", 111, "connect")), (ADDRESS,), refused(ADDRESS)),
    Case(
        "tcp.refused",
        Stage.DIAL,
        (*endpoint(), os_error("ENETUNREACH", 101, "connect")),
        (ADDRESS,),
        refused(ADDRESS) + refused(V6, number=101),
        confidence=Confidence.LIKELY,
        others=("tcp.unreachable",),
    ),
    *(
        Case("dns.blocked", stage, (*by_name(), ResolveAnswers(answers), *more), ("which is the address of no server", "/etc/hosts"), attempts)
        for answers in (("0.0.0.0",), ("::",), ("0.0.0.0", "::"))
        for stage, more, attempts in (
            (Stage.DIAL, (os_error("ECONNREFUSED", 111, "connect"),), refused("0.0.0.0:443")),
            (Stage.DIAL, (timeout("dial"),), refused("[::]:443", number=110)),
            (Stage.TLS, (hello(), first_bytes(b"SSH-2.0-x")), (Attempt("0.0.0.0:443", ok=True),)),
            (Stage.UPGRADE, (response(404),), (Attempt("0.0.0.0:443", ok=True),)),
        )
    ),
    *(
        Case(cause, Stage.DIAL, (*by_name(), ResolveAnswers(answers), os_error(name, number, "connect")), (), refused(f"{answers[0]}:443", number=number), others=("dns.blocked",))
        for answers in (("127.0.0.1",), ("127.0.0.2", "::1"), ("10.0.0.1",), ("192.168.1.1", "fd00::1"), ("169.254.1.1",), ("fe80::1",))
        for cause, name, number in (("tcp.refused", "ECONNREFUSED", 111), ("tcp.timeout", "ETIMEDOUT", 110))
    ),
    Case(
        "tcp.reset-in-handshake",
        Stage.DIAL,
        (*endpoint(), os_error("ECONNRESET", 104, "connect")),
        ("accepted the TCP connection and reset it at once", ADDRESS),
        refused(ADDRESS, number=104),
        confidence=Confidence.LIKELY,
        said_stage=Stage.DIAL,
    ),
    Case("http.captive-portal", Stage.PROXY, (*endpoint(), PROXY, proxy(511)), ("requires a login", "browser"), said_stage=Stage.PROXY),
    *(
        Case(
            "proxy.unexpected-status",
            stage,
            (*endpoint(), PROXY, ProxyResponse(200, "OK", headers), first_bytes(page, kind)),
            ("200 OK", "a page of its own", "192.0.2.9:3128"),
            confidence=Confidence.LIKELY,
            said_stage=Stage.PROXY,
        )
        for headers in ({"Content-Type": "text/html"}, {"content-length": "80"}, {"Transfer-Encoding": "chunked"})
        for stage, kind in ((Stage.TLS, "tls"), (Stage.UPGRADE, "http"))
        for page in (b"<html><h1>Blocked", b"\n<!DOCTYPE html>")
    ),
    Case("tcp.timeout", Stage.DIAL, (*endpoint(), timeout("dial")), (ADDRESS, "10 s"), refused(ADDRESS, number=110)),
    Case("tcp.timeout", Stage.DIAL, (*endpoint(), timeout("dial")), (ADDRESS,), NONE),
    *(
        Case("unix.not-served", Stage.DIAL, (*endpoint(), UnixPathDialled("/run/a.sock"), os_error(name, number, "connect")), ("/run/a.sock", word), refused("/run/a.sock", number=number))
        for name, number, word in (
            ("ENOENT", 2, "does not exist"),
            ("ENOTDIR", 20, "no directory"),
            ("ECONNREFUSED", 111, "no process listens"),
            ("EAGAIN", 11, "queue is full"),
            ("EACCES", 13, "may not connect"),
            ("EPERM", 1, "may not connect"),
            ("ENOBUFS", 105, "ENOBUFS"),
        )
    ),
    Case("tcp.no-descriptors", Stage.DIAL, (*endpoint(), os_error("EMFILE", 24, "socket")), ("EMFILE", "this process"), NONE),
    Case("tcp.no-descriptors", Stage.DIAL, (*endpoint(), os_error("ENFILE", 23, "socket")), ("this machine",), NONE),
    Case("tcp.unreachable", Stage.DIAL, (*endpoint(), os_error("EHOSTUNREACH", 113, "connect")), (ADDRESS,), NONE),
    Case("tcp.unreachable", Stage.RESOLVE, endpoint(), ("fe80::1%eth9", "no network interface"), refused("fe80::1%eth9", number=19), said_stage=Stage.DIAL),
    Case("tcp.unreachable", Stage.DIAL, endpoint(), ("its zone is missing",), refused("[fe80::1]:443", number=22)),
    Case("proxy.auth", Stage.PROXY, (*endpoint(), proxy(407, proxy_authenticate="Basic realm=x")), ("Basic",)),
    Case("proxy.forbidden", Stage.PROXY, (*endpoint(port=8443), proxy(403)), ("8443", "403")),
    Case("proxy.bad-gateway", Stage.PROXY, (*endpoint(), proxy(502)), ("502",)),
    Case("proxy.eof", Stage.PROXY, (*endpoint(), ProxyEof(bytes_received=0)), confidence=Confidence.LIKELY),
    Case("proxy.eof", Stage.PROXY, (*endpoint(), PROXY, os_error("ECONNRESET", 104)), confidence=Confidence.LIKELY),
    Case("proxy.bad-gateway", Stage.PROXY, (*endpoint(), PROXY, proxy(500, X_Squid_Error="ERR_DNS_FAIL 0")), ("ERR_DNS_FAIL",)),
    Case("proxy.not-http", Stage.PROXY, (*endpoint(), PROXY, first_bytes(b"SSH-2.0-x", "http")), ("192.0.2.9:3128",)),
    Case("proxy.not-http", Stage.PROXY, (*endpoint(), PROXY, first_bytes(b"\x15\x03\x01\x00\x02\x02\x50", "http")), ("TLS record",)),
    Case("proxy.not-http", Stage.PROXY, (*endpoint(), PROXY, first_bytes(b"\x05\xff", "http")), ("SOCKS",)),
    Case("proxy.unexpected-status", Stage.PROXY, (*endpoint(), PROXY, proxy(400)), ("no proxy", "192.0.2.9:3128"), confidence=Confidence.LIKELY),
    Case("proxy.unexpected-status", Stage.PROXY, (*endpoint(), PROXY, proxy(302)), ("login page",), confidence=Confidence.LIKELY),
    Case("proxy.unexpected-status", Stage.PROXY, (*endpoint(), PROXY, proxy(500)), ("trouble",), confidence=Confidence.LIKELY),
    Case(
        "dns.nxdomain",
        Stage.RESOLVE,
        (*endpoint(), PROXY, resolver("EAI_NONAME", -2)),
        ("192.0.2.9", "this is the proxy on the way to b.example.net", "HTTPS_PROXY", "proxy=None"),
        NONE,
    ),
    Case(
        "tcp.refused",
        Stage.DIAL,
        (*endpoint(), PROXY, os_error("ECONNREFUSED", 111, "connect")),
        ("192.0.2.9:3128", "this is the proxy", "HTTPS_PROXY"),
        refused("192.0.2.9:3128"),
    ),
    Case("proxy.timeout", Stage.PROXY, (*endpoint(), timeout("proxy")), ("10 s",)),
    Case(
        "tls.timeout-after-hello",
        Stage.TLS,
        (*endpoint(), hello(), ResolveAnswers(("2001:db8::7", "192.0.2.7")), timeout("tls")),
        (V6,),
        BROKEN_V6,
        confidence=Confidence.POSSIBLE,
        others=("tcp.v6-broken", "tls.sni-filtered"),
    ),
    Case(
        "ws.to-tls-port",
        Stage.UPGRADE,
        (*endpoint("ws://b.example.net:443/", port=443), first_bytes(b"\x15\x03\x03\x00\x02\x02\x0a", "http")),
        ("TLS record", "wss://b.example.net:443/"),
    ),
    Case(
        "ws.to-tls-port",
        Stage.UPGRADE,
        (*endpoint("ws://b.example.net:8443/", port=8443), response(400, "Bad Request", "The plain HTTP request was sent to HTTPS port")),
        ("HTTPS port",),
    ),
    Case(
        "ws.to-tls-port",
        Stage.UPGRADE,
        (*endpoint("ws://b.example.net:8443/", port=8443), HttpEof(bytes_received=0)),
        ("8443",),
        confidence=Confidence.LIKELY,
        others=("http.eof",),
    ),
    Case(
        "ws.to-tls-port", Stage.TLS, (first_bytes(b"GET / HTTP/1.1\r\n"),), ("plain HTTP",), role="server", said_stage=Stage.TLS
    ),
)  # fmt: skip
