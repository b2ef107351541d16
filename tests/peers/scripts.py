"""What scripted peers say: before TLS, in the handshake, and as HTTP and WebSocket servers above it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import socket
import ssl
import struct

from tests.peers.listener import PATIENCE_S, Talk, read_record, read_some, reset, wait_for_end

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def closes_after_hello(connection: socket.socket) -> None:
    read_record(connection)


def resets_after_hello(connection: socket.socket) -> None:
    read_record(connection)
    reset(connection)


def stays_silent(connection: socket.socket) -> None:
    wait_for_end(connection)


def says_after_hello(data: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        read_record(connection)
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        wait_for_end(connection)

    return talk


def sends_alert(number: int, level: int = 2) -> Talk:
    return says_after_hello(bytes((21, 3, 3, 0, 2, level, number)))


def server_hello(
    version: int, suite: int, session: bytes, extensions: bytes, random: bytes = bytes(range(32))
) -> bytes:
    """Return a record with one ServerHello (RFC 8446 section 4.1.3, RFC 5246 section 7.4.1.3)."""
    block = len(extensions).to_bytes(2, "big") + extensions if extensions else b""
    body = (
        version.to_bytes(2, "big")
        + random
        + bytes((len(session),))
        + session
        + suite.to_bytes(2, "big")
        + b"\0"
        + block
    )
    message = b"\x02" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message


def asks_for_group(group: int) -> Talk:
    """Answer the hello by a HelloRetryRequest for a group, whether it was offered or not (RFC 8446 section 4.1.4)."""

    def talk(connection: socket.socket) -> None:
        record = read_record(connection)
        # Record header 5, handshake header 4, version 2, random 32: then the session id, which the answer repeats.
        session = record[44 : 44 + record[43]]
        extensions = bytes.fromhex("002b00020304" + "00330002") + group.to_bytes(2, "big")
        # RFC 8446 section 4.1.3: this random makes a ServerHello a HelloRetryRequest.
        random = hashlib.sha256(b"HelloRetryRequest").digest()
        connection.sendall(server_hello(0x0303, 0x1301, session, extensions, random))
        wait_for_end(connection)

    return talk


def speaks_no_newer_than(version: int) -> Talk:
    """Choose an old version whatever is offered, as servers did before supported_versions, with a suite of its time."""

    def talk(connection: socket.socket) -> None:
        read_record(connection)
        connection.sendall(server_hello(version, 0x002F, b"", b""))
        wait_for_end(connection)

    return talk


def chooses_without_extensions(connection: socket.socket) -> None:
    """Choose TLS 1.2 as servers before RFC 5746 did: no extension at all, so no renegotiation_info."""
    read_record(connection)
    connection.sendall(server_hello(0x0303, 0xC02F, b"", b""))
    wait_for_end(connection)


def over_tls(context: ssl.SSLContext, then: Talk) -> Talk:
    """Do a real handshake, then talk on top of it; a handshake that fails ends as the ssl module ends it."""

    def talk(connection: socket.socket) -> None:
        try:
            wrapped = context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=True)
        except ssl.SSLError:
            wait_for_end(connection)
            return
        with wrapped:
            wrapped.settimeout(PATIENCE_S)
            then(wrapped)
            with contextlib.suppress(OSError, ValueError):
                wrapped.shutdown(socket.SHUT_WR)

    return talk


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        more = read_some(connection)
        if not more:
            break
        data += more
    return data


def answers(data: bytes) -> Talk:
    """Read the upgrade request and send these bytes."""

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(data)

    return talk


class _Read:
    """A connection whose request was read already, for who reads it again."""

    def __init__(self, connection: socket.socket, request: bytes) -> None:
        self._connection, self._request = connection, request

    def recv(self, size: int) -> bytes:
        request, self._request = self._request, b""
        return request or self._connection.recv(size)

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)


def by_line(line: bytes, with_it: Talk, without: Talk) -> Talk:
    """Let it depend on what stands in the request (compared in lower case) who talks."""

    def talk(connection: socket.socket) -> None:
        request = read_request(connection)
        chosen = with_it if line in request.lower() else without
        chosen(_Read(connection, request))  # type: ignore[arg-type]

    return talk


def status(code: int, reason: str, *headers: str, body: bytes = b"") -> Talk:
    lines = [f"HTTP/1.1 {code} {reason}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return answers("\r\n".join(lines).encode() + body)


def ends_after_request(connection: socket.socket) -> None:
    read_request(connection)


def silent_after_request(connection: socket.socket) -> None:
    read_request(connection)
    wait_for_end(connection)


def upgrades(
    *,
    then: bytes = b"",
    drop: str = "",
    accept: bytes | None = None,
    extra: tuple[bytes, ...] = (),
    keep: bool = True,
    version: bytes = b"HTTP/1.1",
) -> Talk:
    """Answer 101, without the header `drop`, and send `then` after it; `keep` waits for the other end's Close afterwards."""

    def talk(connection: socket.socket) -> None:
        request = read_request(connection)
        key = re.search(rb"(?i)sec-websocket-key: *([^\r]+)", request)
        if key is None:
            return
        proof = accept or base64.b64encode(hashlib.sha1(key.group(1) + GUID).digest())
        headers = [b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Accept: " + proof, *extra]
        kept = [line for line in headers if not (drop and line.startswith(drop.encode()))]
        connection.sendall(b"\r\n".join([version + b" 101 Switching Protocols", *kept, b"", b""]) + then)
        if keep:
            until_close(connection)

    return talk


def until_close(connection: socket.socket) -> None:
    """Answer pings until the other end closes the connection, or says so, which is answered (RFC 6455 section 5.5)."""
    data = b""
    with contextlib.suppress(OSError):
        while more := connection.recv(65536):
            data += more
            while found := client_frame(data):
                first, payload, data = found
                if first == 0x89:
                    connection.sendall(frame(0x8A, payload))
                if first == 0x88:
                    connection.sendall(frame(0x88, payload))
                    return


def client_frame(data: bytes) -> tuple[int, bytes, bytes] | None:
    """Return first byte, payload and rest of a client's short frame (RFC 6455 section 5.2); None if it is not whole."""
    if len(data) < 6 or len(data) < 6 + (length := data[1] & 0x7F):
        return None
    mask, payload = data[2:6], data[6 : 6 + length]
    return data[0], bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)), data[6 + length :]


def frame(first: int, payload: bytes) -> bytes:
    return bytes((first, len(payload))) + payload


def close_frame(code: int, reason: str = "") -> bytes:
    return frame(0x88, struct.pack(">H", code) + reason.encode())
