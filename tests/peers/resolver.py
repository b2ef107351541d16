"""A name server for one test: it answers A and AAAA questions from a table, refuses, fails, or says nothing."""

from __future__ import annotations

import ipaddress
import socket
import struct
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["NXDOMAIN", "SERVFAIL", "SILENT", "Addresses", "Reply", "start_resolver"]

# RFC 1035 section 4.1.1: RCODE.
_RCODES: Final = {"no error": 0, "servfail": 2, "nxdomain": 3}
_A, _AAAA, _IN = 1, 28, 1
_ANSWER_FLAGS: Final = 0x8180  # a response, recursion desired and available


@dataclass(frozen=True)
class Reply:
    """What is answered for one name: a code, and the addresses of either family that a question of its type gets."""

    code: str = "no error"
    addresses: tuple[str, ...] = ()


NXDOMAIN: Final = Reply("nxdomain")
SERVFAIL: Final = Reply("servfail")
SILENT: Final = Reply("silent")


def Addresses(*texts: str) -> Reply:
    """Return the reply for a name that exists; without addresses it has records of other types only (NODATA)."""
    return Reply(addresses=texts)


def start_resolver(table: Mapping[str, Reply], host: str = "127.0.0.1", port: int = 53) -> socket.socket:
    """Answer in a daemon thread until the socket is closed; names outside the table do not exist."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((host, port))
    threading.Thread(target=_serve, args=(server, dict(table)), daemon=True).start()
    return server


def _serve(server: socket.socket, table: Mapping[str, Reply]) -> None:
    while True:
        try:
            query, peer = server.recvfrom(4096)
        except OSError:
            return
        answer = _answer(query, table)
        if answer:
            server.sendto(answer, peer)


def _answer(query: bytes, table: Mapping[str, Reply]) -> bytes:
    name, end = _question_name(query)
    kind = int.from_bytes(query[end : end + 2], "big")
    reply = table.get(name.lower(), NXDOMAIN)
    if reply.code == "silent":
        return b""
    records = [_record(address) for address in _of_kind(reply.addresses, kind)]
    flags = _ANSWER_FLAGS | _RCODES[reply.code]
    header = query[:2] + struct.pack(">5H", flags, 1, len(records), 0, 0)
    return header + query[12 : end + 4] + b"".join(records)


def _question_name(query: bytes) -> tuple[str, int]:
    """Return the name asked for and where it ends (RFC 1035 section 4.1.2)."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    return ".".join(labels), at + 1


def _of_kind(addresses: Iterable[str], kind: int) -> list[bytes]:
    version = {_A: 4, _AAAA: 6}.get(kind)
    return [ip.packed for ip in map(ipaddress.ip_address, addresses) if ip.version == version]


def _record(address: bytes) -> bytes:
    # RFC 1035 section 4.1.4: 0xC00C points to the name in the question.
    kind = _A if len(address) == 4 else _AAAA
    return struct.pack(">HHHIH", 0xC00C, kind, _IN, 60, len(address)) + address
