"""Test on first use that a TLS library behaves as its backend assumes.

A backend calls its library with prototypes, constants and structures that were correct for the tested versions. A
library in which one of them has a different meaning must not carry a connection. `defect` therefore runs three
handshakes per protocol version in memory, client and server in one process, without a socket: one must succeed, two
must be refused. They take a few milliseconds, once per process.

A system policy (OPENSSL_CONF: groups, signature algorithms) can forbid the handshake that must succeed. That is not a
defect: if Python's own ssl module fails the same handshake with the same library, the self-test skips that version.

The self-test cannot catch a crash: it runs in the caller's process. `OpenSSLBackend` prevents the likely crashes: it
refuses a library that lacks one of the functions, or that has an untested major version.
"""

import logging
from base64 import b64decode, b64encode
from typing import Final

from wssure.facts import AlertSeen, Fact
from wssure.name import DnsName
from wssure.text import printable
from wssure.tls.contract import CLOSED, DONE, WANT, Backend, Engine, EngineFailed, PeerChain
from wssure.tls.settings import Site, TLSSettings
from wssure.wire.hello import find_client_hello

_log = logging.getLogger("wssure.tls")
_NAME: Final = "self-test.invalid"
_OTHER_NAME: Final = "other.invalid"
_MAX_ROUNDS: Final = 12
_MESSAGE: Final = b"self-test"
# An ECDSA P-256 root, another root, and a certificate for _NAME from the first root; valid from 1950 to 9999. The
# private key is public here: only this test trusts a certificate for it.
_ROOT: Final = (
    "MIIBnjCCAUOgAwIBAgIUYqpC+v11Xo1vNHAC1nipKEx6vgQwCgYIKoZIzj0EAwIwGzEZMBcGA1UEAwwQd3NzdXJlIHNlbGYtdGVzdDAgFw01MD"
    "AxMDEwMDAwMDBaGA85OTk5MTIzMTIzNTk1OVowGzEZMBcGA1UEAwwQd3NzdXJlIHNlbGYtdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA"
    "BPv6tNFWGwlYE3+7Z4lyjuICsF+91mbYbwMHMfOuWZ4lm3pxpM1TsxSlJ2aqanuyd3vrK9xfW/YRn+406ju4YbijYzBhMA8GA1UdEwEB/wQFMA"
    "MBAf8wHQYDVR0OBBYEFEv+vWBz2XAqxVDylL1MVyirrXAsMB8GA1UdIwQYMBaAFEv+vWBz2XAqxVDylL1MVyirrXAsMA4GA1UdDwEB/wQEAwIB"
    "BjAKBggqhkjOPQQDAgNJADBGAiEAz+Mf3UCISy1IgCBLMTEUB9oyz26vnLimUXE1p9EQtV8CIQD4Dn80MDQnFSZ3TbRO42bW2uv5n7F66htTQE"
    "jOzeAoLw=="
)
_OTHER_ROOT: Final = (
    "MIIBtjCCAV2gAwIBAgIUeBuPY97aJCT5L0GIhv/vr3kv/PswCgYIKoZIzj0EAwIwKDEmMCQGA1UEAwwdd3NzdXJlIHNlbGYtdGVzdCwgbm90IH"
    "RydXN0ZWQwIBcNNTAwMTAxMDAwMDAwWhgPOTk5OTEyMzEyMzU5NTlaMCgxJjAkBgNVBAMMHXdzc3VyZSBzZWxmLXRlc3QsIG5vdCB0cnVzdGVk"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE3M8CBjg2pIFSog7Gj6XziMgBgrHgn2UwfDOtSK40y8UdXJcuCH0lU/ZJItTLN2UVTo4dQYZQKD"
    "fDKL57F1zi2KNjMGEwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQUy8qSLjy9vaL8Lgj2aGcVTdy+9ikwHwYDVR0jBBgwFoAUy8qSLjy9vaL8"
    "Lgj2aGcVTdy+9ikwDgYDVR0PAQH/BAQDAgEGMAoGCCqGSM49BAMCA0cAMEQCIESevbT2qvSMpzstq5Dqwfd8D8uPJLMZNkRkfY8qfAbbAiBHgr"
    "KK1lUg+6/CUwNAAqi0ZvKySTuOoeHCHF+trRYHkw=="
)
_LEAF: Final = (
    "MIIBujCCAV+gAwIBAgIUI/laqxmK4a2eK4vuj5VioaVJZ6IwCgYIKoZIzj0EAwIwGzEZMBcGA1UEAwwQd3NzdXJlIHNlbGYtdGVzdDAgFw01MD"
    "AxMDEwMDAwMDBaGA85OTk5MTIzMTIzNTk1OVowHDEaMBgGA1UEAwwRc2VsZi10ZXN0LmludmFsaWQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC"
    "AAQpYtSlYc/vp05dkCCzZ06l114d3cjFVyrat/KZpS3l2qB9tE2fw3QIPA3ExgmWcqdT+g5nb0GpiNflWjV0NyLUo34wfDAMBgNVHRMBAf8EAj"
    "AAMB0GA1UdDgQWBBRbtVBLmKFLMI0bZ6M6ousFa33SfzAfBgNVHSMEGDAWgBRL/r1gc9lwKsVQ8pS9TFcoq61wLDAOBgNVHQ8BAf8EBAMCB4Aw"
    "HAYDVR0RBBUwE4IRc2VsZi10ZXN0LmludmFsaWQwCgYIKoZIzj0EAwIDSQAwRgIhAIwKaBWFiHxPfTRHLemo7nYVfAw5dRhbTv5rTwYVFT6wAi"
    "EAqHlKpjc1guFwHHSxIMdUee3KimxkSs44wgt3C453jnY="
)
_LEAF_KEY: Final = (
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgNZYE9fsaxAXXnLxJjKjjTentIBffE5zCd63y8724kUOhRANCAAQpYtSlYc/vp0"
    "5dkCCzZ06l114d3cjFVyrat/KZpS3l2qB9tE2fw3QIPA3ExgmWcqdT+g5nb0GpiNflWjV0NyLU"
)


def _pem(label: str, data: str) -> bytes:
    body = b64encode(b64decode(data))
    lines = b"\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return b"-----BEGIN %s-----\n%s\n-----END %s-----\n" % (label.encode(), lines, label.encode())


class _Defect(Exception):
    """The library did not behave as the self-test expects; the text has the details."""


class _Wire:
    """A client engine and a server engine of one backend, connected in memory."""

    def __init__(self, backend: Backend, version: str, anchor: str, name: str) -> None:
        self.alerts: list[int | None] = []
        self.flight = bytearray()
        # keylog="": SSLKEYLOGFILE is for the user's own connections.
        settings = TLSSettings(ca=_pem("CERTIFICATE", anchor), min_version=version, max_version=version, keylog="")
        site = Site((_NAME,), _pem("CERTIFICATE", _LEAF), _pem("PRIVATE KEY", _LEAF_KEY))
        self.client = backend.client(settings, DnsName(name))
        self.server = backend.server(site, settings, note=self._note)

    def _note(self, seen: Fact | PeerChain) -> None:
        if isinstance(seen, AlertSeen) and seen.direction == "received":
            self.alerts.append(seen.number)

    def carry(self, source: Engine, sink: Engine) -> bool:
        """Move the waiting ciphertext; return True if there was any."""
        data = bytes(source.outgoing())
        source.consume(len(data))
        if source is self.client:
            self.flight += data
        if data:
            sink.feed(data)
        return bool(data)

    def shake(self) -> EngineFailed | None:
        """Run the handshake; return the client's refusal, or None if both sides completed it."""
        refusal: EngineFailed | None = None
        states = [WANT, WANT]
        for _ in range(_MAX_ROUNDS):
            moved = False
            for side, (near, far) in enumerate(((self.client, self.server), (self.server, self.client))):
                try:
                    if states[side] == WANT and not (near is self.client and refusal):
                        states[side] = near.handshake()
                except EngineFailed as failure:
                    if near is self.server:
                        # The server fails when it receives the client's alert. Any other failure is reported as it is.
                        return refusal if refusal is not None else failure
                    refusal = failure
                moved |= self.carry(near, far)
            if not moved:
                break
        if refusal is None and states != [DONE, DONE]:
            raise _Defect("a handshake that must succeed does not end")
        return refusal


def defect(backend: Backend, control: Backend | None = None) -> str | None:
    """Run the self-test of a backend.

    Args:
        backend: The backend to test.
        control: A trusted backend. If it uses the same library and also fails a handshake, `backend` need not complete
            it.

    Returns:
        The first failed expectation, as text; None if all hold.
    """
    versions = ("TLSv1.2", "TLSv1.3") if backend.capabilities.tls13 else ("TLSv1.2",)
    try:
        for version in versions:
            try:
                wire = _establish(backend, version)
            except Exception as error:
                if control is None or control.version != backend.version or _establishes(control, version):
                    raise
                text = "the TLS policy of this system forbids the self-test of the TLS backend %s: %s"
                _log.info(text, backend.name, printable(str(error)))
                continue
            _check_connection(wire, version)
            _check_refusal(backend, version, _ROOT, _OTHER_NAME, "a certificate for another name")
            _check_refusal(backend, version, _OTHER_ROOT, _NAME, "a certificate of an issuer that is not trusted")
    except _Defect as problem:
        return str(problem)
    except Exception as error:
        # Any exception is a result of this test: the backend did not expect it from its library.
        return f"{type(error).__name__}: {error}"
    return None


def _establish(backend: Backend, version: str) -> _Wire:
    """Return a connection with a completed handshake."""
    wire = _Wire(backend, version, _ROOT, _NAME)
    refusal = wire.shake()
    if refusal is not None:
        raise _Defect(f"{version}: a handshake that must succeed fails: {refusal}")
    return wire


def _establishes(control: Backend, version: str) -> bool:
    """Return True if the handshake that must succeed also succeeds with the control backend."""
    try:
        _establish(control, version)
    except Exception:
        return False
    return True


def _check_connection(wire: _Wire, version: str) -> None:
    """Check server name, version, certificate, data in both directions, and close_notify after a handshake."""
    if find_client_hello(bytes(wire.flight)).server_name != _NAME:
        raise _Defect(f"{version}: the ClientHello does not carry the server name")
    info = wire.client.info()
    if info.version != version or info.resumed or info.peer_certificate != b64decode(_LEAF):
        raise _Defect(f"{version}: the finished handshake is described wrongly: {info.version}, resumed {info.resumed}")
    buffer = bytearray(256)
    for near, far in ((wire.client, wire.server), (wire.server, wire.client)):
        near.write(_MESSAGE)
        wire.carry(near, far)
        count = far.read_into(buffer)
        if count < 0 or buffer[:count] != _MESSAGE:
            raise _Defect(f"{version}: a message arrives altered or not at all")
    wire.client.close_notify()
    wire.carry(wire.client, wire.server)
    if wire.server.read_into(buffer) != CLOSED:
        raise _Defect(f"{version}: close_notify does not arrive")


def _check_refusal(backend: Backend, version: str, anchor: str, name: str, thing: str) -> None:
    """Check that the library itself refuses a server certificate and sends the alert."""
    wire = _Wire(backend, version, anchor, name)
    refusal = wire.shake()
    if refusal is None:
        raise _Defect(f"{version}: {thing} is accepted")
    if not refusal.verification:
        raise _Defect(f"{version}: {thing} is refused for another reason: {refusal}")
    if not wire.alerts:
        raise _Defect(f"{version}: the alert that refuses {thing} does not arrive")
