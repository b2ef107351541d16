"""A TLS 1.3 peer that asks for new keys again and again and reads nothing: what is kept for it has a bound."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from tests.aio.serving import Loopback, echo, hold
from tests.hostile.rawclient import RawClient, still_echoes
from tests.hostile.slowpeer import SecureClient, meeting, patiently

from wssure.tls.backends import backend

pytestmark = pytest.mark.matrix
UPDATES = 20_000
# An answer is a record of 5 + 5 + 1 + 16 bytes: all of them are half a mebibyte.
MOST_ANSWERED_BYTES = 128 * 1024
# RFC 8446 section 4.6.3: KeyUpdate is handshake message 24; update_requested is 1. The last byte is the content type.
KEY_UPDATE_REQUESTED = bytes((24, 0, 0, 1, 1, 22))


class Keys:
    """The keys of one direction of TLS 1.3 (RFC 8446 section 7.3).

    Args:
        cipher: The name of the suite.
        secret: The traffic secret.
        sequence: Number of the next record.
    """

    def __init__(self, cipher: str, secret: bytes, sequence: int) -> None:
        self._hash = "sha384" if cipher.endswith("SHA384") else "sha256"
        self._aead = ChaCha20Poly1305 if "CHACHA20" in cipher else AESGCM
        self._key_size = 16 if "AES_128" in cipher else 32
        self._use(secret, sequence)

    def _use(self, secret: bytes, sequence: int) -> None:
        self._secret, self._sequence = secret, sequence
        self._cipher = self._aead(self._expanded(b"key", self._key_size))
        self._iv = int.from_bytes(self._expanded(b"iv", 12), "big")

    def _expanded(self, label: bytes, size: int) -> bytes:
        """Return HKDF-Expand-Label with an empty context (RFC 8446 section 7.1)."""
        full = b"tls13 " + label
        info = size.to_bytes(2, "big") + bytes((len(full),)) + full + b"\0\1"
        return hmac.digest(self._secret, info, self._hash)[:size]

    def key_update(self) -> bytes:
        """Return a record with a KeyUpdate, and take the next keys."""
        header = b"\x17\x03\x03" + (len(KEY_UPDATE_REQUESTED) + 16).to_bytes(2, "big")
        nonce = (self._iv ^ self._sequence).to_bytes(12, "big")
        record = header + self._cipher.encrypt(nonce, KEY_UPDATE_REQUESTED, header)
        self._use(self._expanded(b"traffic upd", hashlib.new(self._hash).digest_size), 0)
        return record


def secret_from(keylog: Path) -> bytes:
    """Return the client's first application secret."""
    rows = [line.split() for line in keylog.read_text().splitlines()]
    (secret,) = (bytes.fromhex(row[2]) for row in rows if row[0] == "CLIENT_TRAFFIC_SECRET_0")
    return secret


async def idle(task: asyncio.Task[None], progress: list[int]) -> None:
    """Wait until a task has ended, or has made no progress for a while."""
    before = -1
    while not task.done() and before != len(progress):
        before = len(progress)
        await asyncio.wait([task], timeout=1)


async def test_answers_to_key_updates_that_nobody_reads_have_a_bound(secure: Loopback, tmp_path: Path):
    if not backend(secure.backend).capabilities.tls13:
        return  # there is no KeyUpdate before TLS 1.3
    context = ssl.create_default_context(cadata=secure.ca_pem.decode())
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.keylog_filename = str(tmp_path / "keys")
    async with meeting(secure, hold, context=context, ping_interval=None) as met:
        assert isinstance(met.peer, SecureClient)
        keys = Keys(met.peer.tls.cipher()[0], secret_from(tmp_path / "keys"), sequence=1)  # the request was record 0
        raw = RawClient(met.peer.sock)
        said: list[int] = []

        async def flood() -> None:
            for _ in range(UPDATES // 100):
                await raw.say(b"".join(keys.key_update() for _ in range(100)))
                said.append(100)

        flooding = asyncio.create_task(flood())
        await patiently(idle(flooding, said))
        assert said, "the server takes KeyUpdates"
        flooding.cancel()
        sending = asyncio.create_task(met.ours.send(b""))  # what the engine keeps goes out with it
        heard = 0

        async def hear() -> None:
            nonlocal heard
            while data := await raw.hear():
                heard += len(data)

        hearing = asyncio.create_task(hear())
        await asyncio.wait([hearing], timeout=1)
        for task in (hearing, sending):
            task.cancel()
        # The server may have ended the connection: that is a bound as well.
        await asyncio.gather(flooding, hearing, sending, return_exceptions=True)
    assert heard <= MOST_ANSWERED_BYTES


async def test_others_are_served_during_a_flood_of_key_updates(secure: Loopback, tmp_path: Path):
    if not backend(secure.backend).capabilities.tls13:
        return  # there is no KeyUpdate before TLS 1.3
    context = ssl.create_default_context(cadata=secure.ca_pem.decode())
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.keylog_filename = str(tmp_path / "keys")
    async with meeting(secure, echo, context=context, ping_interval=None) as met:
        keys = Keys(met.peer.tls.cipher()[0], secret_from(tmp_path / "keys"), sequence=1)
        raw = RawClient(met.peer.sock)
        for _ in range(20):
            if not raw.say_some(b"".join(keys.key_update() for _ in range(50))):
                break
            assert await patiently(still_echoes(secure, met.server))
