"""Facts for the tests of causes, in the shapes of docs/facts.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wssure.evidence import Attempt, Confidence, Fact, Stage

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
        Fact("endpoint.url", url, 0.0),
        Fact("endpoint.host", host, 0.0),
        Fact("endpoint.port", port, 0.0),
        Fact("endpoint.address", "192.0.2.7", 0.0),
        Fact("endpoint.address_port", port, 0.0),
    )


def hello(name: str | None = "b.example.net", *, direction: str = "sent", size: int = 517, alpn: Any = ()) -> Fact:
    value = {
        "direction": direction,
        "server_name": name,
        "server_name_hex": None if name is None else name.encode().hex(),
        "versions": ["TLSv1.3", "TLSv1.2"],
        "alpn": list(alpn),
        "ciphers": 31,
        "bytes": size,
        "second": False,
    }
    return Fact("tls.client_hello", value, 2.0)


def alert(number: int, direction: str = "received", level: str = "fatal", *, after_done: bool = False) -> Fact:
    value = {
        "direction": direction,
        "level": level,
        "number": number,
        "name": f"name_{number}",
        "encrypted": False,
        "after_done": after_done,
    }
    return Fact("tls.alert", value, 3.0)


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
    return Fact("tls.certificate", value, 3.0)


def verify(flag: str, depth: int | None = 0) -> Fact:
    return Fact("tls.verify", {"depth": depth, "flag": flag, "code": 20, "text": "some words"}, 3.5)


def eof(after: str = "client_hello", received: int = 0) -> Fact:
    return Fact("tls.eof", {"clean": False, "after": after, "bytes_received": received}, 3.0)


def os_error(name: str, number: int, call: str = "recv") -> Fact:
    return Fact("os.error", {"errno": number, "name": name, "text": "words", "call": call}, 3.0)


def timeout(phase: str) -> Fact:
    return Fact("timeout", {"phase": phase, "limit_s": 10}, 10000.0)


def done(alpn: str | None = "http/1.1") -> Fact:
    value = {
        "version": "TLSv1.3",
        "cipher": "TLS_AES_128_GCM_SHA256",
        "alpn": alpn,
        "resumed": False,
        "server_name": None,
    }
    return Fact("tls.done", value, 4.0)


def response(status: int, reason: str = "", body: str = "", **headers: str) -> Fact:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fact("http.response", {"status": status, "reason": reason, "headers": named, "body": body}, 5.0)


def first_bytes(data: bytes, kind: str = "tls") -> Fact:
    return Fact(f"{kind}.first_bytes", {"hex": data.hex(), "text": data.decode("latin-1")}, 3.0)


def own(reason: str) -> Fact:
    return Fact("tls.own_error", {"reason": reason}, 3.0)


def probe(decides: str) -> Fact:
    value = {"experiment": "pair", "decides": decides, "baseline": "closed", "variant": "101", "flipped": True}
    return Fact("probe.result", value, 9.0)
