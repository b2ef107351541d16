"""Facts for the tests of causes, in the shapes of docs/facts.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wssure.evidence import Attempt, Confidence, Stage
from wssure.facts import (
    AlertSeen,
    CertificateSeen,
    ClientHelloSeen,
    EndpointAddress,
    EndpointAddressPort,
    EndpointHost,
    EndpointPort,
    EndpointServerName,
    EndpointUrl,
    Fact,
    NotHttpSeen,
    NotTlsSeen,
    OsErrorSeen,
    OwnError,
    ProbeResult,
    ResponseSeen,
    TimedOut,
    TlsDone,
    TlsEof,
    VerifyDefect,
)

ADDRESS = "192.0.2.7:443"


@dataclass(frozen=True)
class Case:
    """Facts, and what must be said about them."""

    cause: str
    stage: Stage
    facts: tuple[Fact, ...]
    says: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = (Attempt(ADDRESS, ok=True),)
    role: str = "client"
    confidence: Confidence = Confidence.CERTAIN
    others: tuple[str, ...] = ()
    said_stage: Stage | None = None


def endpoint(url: str = "wss://b.example.net/ws", host: str = "b.example.net", port: int = 443) -> tuple[Fact, ...]:
    return (
        EndpointUrl(url).at(0.0),
        EndpointHost(host).at(0.0),
        EndpointPort(port).at(0.0),
        EndpointAddress("192.0.2.7").at(0.0),
        EndpointAddressPort(port).at(0.0),
        EndpointServerName(None if host.replace(".", "").isdigit() else host).at(0.0),
    )


def hello(name: str | None = "b.example.net", *, direction: str = "sent", size: int = 517, alpn: Any = ()) -> Fact:
    raw = None if name is None else name.encode().hex()
    return ClientHelloSeen(direction, name, raw, ("TLSv1.3", "TLSv1.2"), tuple(alpn), 31, size).at(2.0)


def alert(number: int | None, direction: str = "received", level: str = "fatal", *, after_done: bool = False) -> Fact:
    return AlertSeen(direction, level, number, f"name_{number}", False, after_done).at(3.0)


def certificate(
    *names: str, depth: int = 0, self_issued: bool = False, issuer: str = "CN=Example CA", **more: Any
) -> Fact:
    value = {
        "depth": depth,
        "subject": "CN=" + (names[0] if names else "device"),
        "issuer": issuer,
        "dns_names": list(names),
        "ip_addresses": [],
        "not_before": "2024-01-01T00:00:00+00:00",
        "not_after": "2024-04-01T00:00:00+00:00",
        "self_issued": self_issued,
        "is_ca": False,
        "has_san": bool(names),
        "eku": ["serverAuth"],
        "key": "RSA 2048",
        "signature": "sha256WithRSAEncryption",
        "sha256": "00" * 32,
        "aia_issuers": [],
        **more,
    }
    return CertificateSeen(**value).at(3.0)


def verify(flag: str, depth: int | None = 0) -> Fact:
    return VerifyDefect(depth=depth, flag=flag, code=20, text="some words").at(3.5)


def eof(after: str = "client_hello", received: int = 0) -> Fact:
    return TlsEof(clean=False, after=after, bytes_received=received).at(3.0)


def os_error(name: str, number: int, call: str = "recv") -> Fact:
    return OsErrorSeen(errno=number, name=name, text="words", call=call).at(3.0)


def timeout(phase: str) -> Fact:
    return TimedOut(phase=phase, limit_s=10).at(10000.0)


def done(alpn: str | None = "http/1.1") -> Fact:
    return TlsDone("TLSv1.3", "TLS_AES_128_GCM_SHA256", alpn).at(4.0)


def response(status: int, reason: str = "", body: str = "", **headers: str) -> Fact:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ResponseSeen(status=status, reason=reason, headers=named, body=body).at(5.0)


def first_bytes(data: bytes, kind: str = "tls") -> Fact:
    return {"tls": NotTlsSeen, "http": NotHttpSeen}[kind].of(data).at(3.0)


def own(reason: str) -> Fact:
    return OwnError(reason=reason).at(3.0)


def probe(decides: str) -> Fact:
    return ProbeResult("pair", "", decides, "closed", "101", flipped=True).at(9.0)
