"""Evidence of HTTP and of the open WebSocket."""

from tests.causes.build import (
    Case,
    Fact,
    Stage,
    done,
    endpoint,
    eof,
    first_bytes,
    hello,
    os_error,
    probe,
    response,
    timeout,
)

from wssure.evidence import Confidence
from wssure.facts import (
    CloseSeen,
    EndedByUs,
    HttpEof,
    HttpOverLimit,
    KeepaliveFailed,
    MalformedHttp,
    RequestSeen,
    UpgradeBroken,
    ViolationSeen,
)
from wssure.protocol.connection import Connection
from wssure.protocol.state import Role

U, OPEN = Stage.UPGRADE, Stage.OPEN
LIKELY = Confidence.LIKELY
START = (*endpoint(), hello(), done())
PLAIN = endpoint("ws://b.example.net/ws", port=80)
SETTINGS = bytes.fromhex("000000040000000000")


def upgrade(rule: str, expected: str, got: str | None) -> Fact:
    return UpgradeBroken(rule=rule, expected=expected, got=got).at(5.0)


def close(code: int, reason: str = "") -> Fact:
    return CloseSeen(direction="received", code=code, reason=reason).at(9.0)


def violation(data: bytes) -> Fact:
    connection = Connection(Role.CLIENT, mask_key=lambda: bytes(4))
    connection.receive(data)
    (event,) = connection.events()
    return ViolationSeen(event.rule, event.section, event.code, event.text, event.offset).at(9.0)


def ended(why: str) -> Fact:
    return EndedByUs(why=why, timeout_s=10).at(9.0)


def sent(code: int, reason: str = "") -> Fact:
    return CloseSeen(direction="sent", code=code, reason=reason).at(8.0)


def keepalive(kind: str) -> Fact:
    return KeepaliveFailed(verdict=kind, interval_s=20, timeout_s=20, blocked_s=3.5).at(9.0)


CASES = (
    Case("http.captive-portal", U, (*PLAIN, response(511, "Network Authentication Required")), ("511", "browser"), said_stage=U),
    Case("http.captive-portal", U, (*START, response(511)), ("511",), said_stage=U),
    Case("http.captive-portal", U, (*PLAIN, response(302, "Found", Location="http://login.hotel.example/")), ("login.hotel.example",), confidence=LIKELY, others=("http.redirect",), said_stage=U),
    *(
        Case("http.redirect", U, (*facts, response(302, "Found", Location=target)))
        for facts, target in (
            (PLAIN, "https://login.hotel.example/"),
            (PLAIN, "http://www.example.net/ws"),
            (PLAIN, "/new"),
            (START, "http://login.hotel.example/"),
        )
    ),
    *(Case("http.502", U, (*START, response(status, "x")), ("backend",)) for status in (502, 504, *range(520, 528), 530)),
    Case("ws.peer-silent", OPEN, (*START, keepalive("peer-silent"), ended("close-timeout")), ("neither a ping", "nor our Close"), confidence=LIKELY),
    Case("http.misdirected-421", U, (*START, response(421, "Misdirected Request")), ("b.example.net",)),
    Case("http.misdirected-421", U, (hello(direction="received"), RequestSeen("GET", host="c.example"), response(421)), ("c.example",), role="server"),
    Case("http.is-h2", U, (*START, first_bytes(SETTINGS, "http")), ("HTTP/2",)),
    Case("http.is-h2", U, (*endpoint(), hello(), done("h2"), first_bytes(b"xx", "http")), ("ALPN",)),
    Case("http.timeout", U, (*START, timeout("upgrade")), ("10 s",)),
    Case("http.eof", U, (*START, HttpEof(bytes_received=0)), confidence=LIKELY),
    Case("http.eof", U, (*START, eof("done")), confidence=LIKELY),
    Case("http.head-too-large", U, (*START, HttpOverLimit(limit="line_bytes", most=8192, header="Set-Cookie")), ("header Set-Cookie", "our limit line_bytes")),
    Case("http.garbage", U, (*START, first_bytes(b"\x04\x01\x02", "http"))),
    Case("http.garbage", U, (*START, MalformedHttp(what="two lengths", offset=3, section="RFC 9112")), ("two lengths",)),
    Case("http.200-not-upgrade", U, (*START, response(200, "OK")), ("200 OK", "101"), confidence=LIKELY),
    Case("http.redirect", U, (*START, response(302, "Found", location="https://c.example/ws?token=s3cret")), ("wss://c.example/ws",)),
    Case("http.400", U, (*START, response(400, "Bad Request", "no upgrade")), ("no upgrade",), confidence=LIKELY),
    Case("http.auth-required", U, (*START, response(401, "Unauthorized", www_authenticate="Bearer realm=x")), ("Bearer",)),
    Case("http.origin", U, (*START, response(403, "Forbidden", "origin not allowed")), confidence=LIKELY, others=("http.403",)),
    Case("http.origin", U, (*START, response(403, "Forbidden"), probe("http.origin")), confidence=LIKELY),
    Case("http.403", U, (*START, response(403, "Forbidden", "go away")), ("go away",), confidence=LIKELY, others=("http.origin",)),
    Case("http.host-header", U, (*START, response(404, "Not Found", "no such virtual host")), ("b.example.net",), confidence=LIKELY, others=("http.404",)),
    Case("http.404", U, (*START, response(404, "Not Found")), ("/ws",), confidence=LIKELY, others=("http.host-header",)),
    Case("http.426-version", U, (*START, response(426, "Upgrade Required", sec_websocket_version="7")), ("version 7",)),
    Case("http.429", U, (*START, response(429, "Too Many Requests", retry_after="30")), ("429",)),
    Case("http.502", U, (*START, response(502, "Bad Gateway", server="nginx")), ("nginx",)),
    Case("http.503", U, (*START, response(503, "Service Unavailable"))),
    Case("http.unexpected-status", U, (*START, response(500, "Internal Server Error")), ("500",)),
    Case("ws.bad-accept", U, (*START, response(101), upgrade("accept", "right=", "wrong=")), ("wrong=", "right=")),
    Case("ws.upgrade-headers", U, (*START, response(101), upgrade("connection", "Upgrade", None)), ("Connection none",)),
    Case("ws.subprotocol", U, (*START, response(101), upgrade("subprotocol", "chat", "evil")), ("evil", "chat")),
    Case("ws.extension", U, (*START, response(101), upgrade("extension", "permessage-deflate", "x-frames"), MalformedHttp(what="not offered")), ("x-frames",)),
    Case("ws.peer-silent", OPEN, (*START, keepalive("peer-silent")), ("20 s",), confidence=LIKELY),
    Case("ws.loop-blocked", OPEN, (*START, keepalive("loop-blocked")), ("3.5 s",), confidence=Confidence.LIKELY, others=("ws.peer-silent",)),
    Case("ws.messages-unread", OPEN, (*START, keepalive("messages-unread")), ("no messages",)),
    Case("ws.message-unfinished", OPEN, (*START, ended("message-unfinished"), sent(1011)), ("fragments",)),
    Case("ws.slow-reader", OPEN, (*START, ended("slow-reader"), sent(1008)), ("slowly",)),
    Case("ws.close-unanswered", OPEN, (*START, sent(1012), ended("close-timeout")), ("1012", "10 s"), confidence=LIKELY),
    Case("ws.close-unanswered", OPEN, (*START, sent(1012), ended("close-cancelled")), ("1012",), confidence=LIKELY),
    Case("ws.aborted", OPEN, (*START, ended("aborted")), ("cut",)),
    Case("ws.closed-by-us", OPEN, (*START, sent(1011, "we are broken"), close(1011, "we are broken")), ("1011", "we are broken")),
    Case("ws.invalid-utf8", OPEN, (*START, violation(b"\x81\1\xff")), ("UTF-8",)),
    Case("ws.closed-by-us", OPEN, (*START, sent(4001), close(1005)), ("closed with 4001", "answered with 1005")),
    Case("ws.closed-by-us", OPEN, (*START, sent(1011), eof("done")), ("closed with 1011", "without an answer")),
    Case("ws.close-code", OPEN, (*START, sent(1000), close(1011)), ("answered our Close (1000) with 1011",)),
    Case("ws.1006", OPEN, (*START, sent(1000), eof("done")), ("without a Close frame from the peer after ours",), confidence=LIKELY),
    Case(
        "ws.close-code",
        OPEN,
        (*START, close(1011, "keepalive ping timeout")),
        ("received no pong from this side", "answer pings"),
        confidence=LIKELY,
        others=("ws.loop-blocked", "ws.messages-unread"),
    ),
    Case("ws.close-code", OPEN, (*START, close(1009)), ("above its limit", "max_size")),
    Case("ws.protocol-error", OPEN, (*START, violation(b"\x81\x7f" + (2**21).to_bytes(8, "big"))), ("above our limit max_size", "raise max_size")),
    Case("ws.protocol-error", OPEN, (*START, violation(b"\x01\x01a" + b"\x00\x01a" * 2**14)), ("above our limit max_fragments", "raise max_fragments")),
    Case("ws.protocol-error", OPEN, (*START, violation(b"\x81\x81\0\0\0\0a")), ("frame from a server got a mask (RFC 6455 section 5.1)",)),
    Case("ws.close-code", OPEN, (*START, close(1008, "token expired")), ("1008", "token expired")),
    Case("ws.1006", OPEN, (*START, os_error("ECONNRESET", 104)), ("reset",), confidence=LIKELY),
    Case("ws.1006", OPEN, (*START, eof("done")), ("ended",), confidence=LIKELY),
)  # fmt: skip
