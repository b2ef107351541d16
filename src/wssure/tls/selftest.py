"""Prove on first use that a TLS library behaves as its backend assumes.

A backend calls its library with prototypes, constants and structures that were right for the versions it was tested
with. A library that means something else by one of them must not carry a connection. `defect` therefore runs three handshakes
per protocol version in memory, client and server in one process, without a socket: one must succeed, two must be
refused. They take a few milliseconds, once per process.

The self-test cannot catch a crash: it runs in the caller's process. `OpenSSLBackend` prevents the likely ones by
refusing a library without one of its functions, or with a major version that it was not tested with.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any, Final

from wssure.endpoint import DnsName
from wssure.tls.contract import CLOSED, DONE, WANT, Backend, Engine, EngineFailed
from wssure.tls.settings import Site, TLSSettings
from wssure.wire.hello import find_client_hello

__all__ = ["defect"]

_NAME: Final = "self-test.invalid"
_OTHER_NAME: Final = "other.invalid"
_MAX_ROUNDS: Final = 12
_MESSAGE: Final = b"self-test"
# An ECDSA P-256 root, another root, and a certificate of the first root for _NAME; valid from 2000 to 9999. The key is
# public by its nature: nothing but this test trusts a certificate made for it.
_ROOT: Final = (
    "MIIBnjCCAUOgAwIBAgIUEFEWEp6q0KuZkoHBOaqfazfLrr4wCgYIKoZIzj0EAwIwGzEZMBcGA1UEAwwQd3NzdXJlIHNlbGYtdGVzdDAgFw0wMD"
    "AxMDEwMDAwMDBaGA85OTk5MTIzMTIzNTk1OVowGzEZMBcGA1UEAwwQd3NzdXJlIHNlbGYtdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA"
    "BCFB1iF291sbdDhV+IfAVqjx6uB3FPDCLqMVhaXVPR9pPL9xwlv/ovUBmkj6ZL8b1ADe910C64oUiwN1fomjcYKjYzBhMA8GA1UdEwEB/wQFMA"
    "MBAf8wHQYDVR0OBBYEFM0aPBNa73quJIYkZT+j0f5k+GnuMB8GA1UdIwQYMBaAFM0aPBNa73quJIYkZT+j0f5k+GnuMA4GA1UdDwEB/wQEAwIB"
    "BjAKBggqhkjOPQQDAgNJADBGAiEAlnYPV6cO+1RBw8NZKQ99jBfC2ywcmMsrpm+2TDxjSXcCIQDtiGg+rCYYtpAYAvU0eVDK78BwQaf2acgg75"
    "6cyYpMKw=="
)
_OTHER_ROOT: Final = (
    "MIIBtjCCAV2gAwIBAgIUHr+6lprc8lNEc6CwNBT4Q44NcJEwCgYIKoZIzj0EAwIwKDEmMCQGA1UEAwwdd3NzdXJlIHNlbGYtdGVzdCwgbm90IH"
    "RydXN0ZWQwIBcNMDAwMTAxMDAwMDAwWhgPOTk5OTEyMzEyMzU5NTlaMCgxJjAkBgNVBAMMHXdzc3VyZSBzZWxmLXRlc3QsIG5vdCB0cnVzdGVk"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEy2hd6waXjnPRfTGH60DRl/zlVnAk2iTCX+T3xadiv0bKjL0JkD0TweDggkkYOrWun4E2CYNWFp"
    "iia5/+zAS2uKNjMGEwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQUgaf8PJWCnVSyUh4vSNAMoOtW4eYwHwYDVR0jBBgwFoAUgaf8PJWCnVSy"
    "Uh4vSNAMoOtW4eYwDgYDVR0PAQH/BAQDAgEGMAoGCCqGSM49BAMCA0cAMEQCID0y64ZzOy5OkrBb6hBpTgWCF7okQQ4t3Ne2HhQEh9uEAiBR+T"
    "ydrCBk1D6u/qpIspfFupHyVleP5LZEVy6Hux198Q=="
)
_LEAF: Final = (
    "MIIBujCCAV+gAwIBAgIUWzx201lWVuwRdnFfB88mMAMfP+8wCgYIKoZIzj0EAwIwGzEZMBcGA1UEAwwQd3NzdXJlIHNlbGYtdGVzdDAgFw0wMD"
    "AxMDEwMDAwMDBaGA85OTk5MTIzMTIzNTk1OVowHDEaMBgGA1UEAwwRc2VsZi10ZXN0LmludmFsaWQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC"
    "AARCJAeVvuU7O+viyiqqpl5sPeV+h+RVjyquBYSOb0j5w0GhZV6/uVp3jOxyb3kjrkoHWEgHOM3KBoAfdKCKNczvo34wfDAMBgNVHRMBAf8EAj"
    "AAMB0GA1UdDgQWBBRjmyW8J6cK0nEBPdYPONtIddgPKjAfBgNVHSMEGDAWgBTNGjwTWu96riSGJGU/o9H+ZPhp7jAOBgNVHQ8BAf8EBAMCB4Aw"
    "HAYDVR0RBBUwE4IRc2VsZi10ZXN0LmludmFsaWQwCgYIKoZIzj0EAwIDSQAwRgIhAJOoecCak95tCZzWsM5lvvW++d0Lw0u7ZaLxj9prFMQ4Ai"
    "EAhvafDQAy7yz+gDEaO/T7BprVldk5q/My7U25se41Xus="
)
_LEAF_KEY: Final = (
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgGpRv7Dl+4cfo/Rx+YHCb24uTwgUmX+XA6tPr6eRCumOhRANCAARCJAeVvuU7O+"
    "viyiqqpl5sPeV+h+RVjyquBYSOb0j5w0GhZV6/uVp3jOxyb3kjrkoHWEgHOM3KBoAfdKCKNczv"
)


def _pem(label: str, data: str) -> bytes:
    body = b64encode(b64decode(data))
    lines = b"\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return b"-----BEGIN %s-----\n%s\n-----END %s-----\n" % (label.encode(), lines, label.encode())


class _Defect(Exception):
    """The library did not do what the self-test expects; the text says what."""


class _Wire:
    """A client engine and a server engine of one backend, joined in memory."""

    def __init__(self, backend: Backend, version: str, anchor: str, name: str) -> None:
        self.alerts: list[int | None] = []
        self.flight = bytearray()
        settings = TLSSettings(ca=_pem("CERTIFICATE", anchor), min_version=version, max_version=version)
        site = Site((_NAME,), _pem("CERTIFICATE", _LEAF), _pem("PRIVATE KEY", _LEAF_KEY))
        self.client = backend.client(settings, DnsName(name))
        self.server = backend.server(site, settings, note=self._note)

    def _note(self, kind: str, value: Any) -> None:
        if kind == "tls.alert" and value["direction"] == "received":
            self.alerts.append(value["number"])

    def carry(self, source: Engine, sink: Engine) -> bool:
        """Move the waiting ciphertext; return whether there was any."""
        data = bytes(source.outgoing())
        source.consume(len(data))
        if source is self.client:
            self.flight += data
        if data:
            sink.feed(data)
        return bool(data)

    def shake(self) -> EngineFailed | None:
        """Run the handshake to its end; return the client's refusal, None if both sides finished."""
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
                        # The server fails when it hears the client's alert; any other failure is the client's, too.
                        return refusal if refusal is not None else failure
                    refusal = failure
                moved |= self.carry(near, far)
            if not moved:
                break
        if refusal is None and states != [DONE, DONE]:
            raise _Defect("a handshake that must succeed does not end")
        return refusal


def defect(backend: Backend) -> str | None:
    """Run the self-test of a backend.

    Args:
        backend: The backend to test.

    Returns:
        The first expectation that does not hold, for people; None if all hold.
    """
    versions = ("TLSv1.2", "TLSv1.3") if backend.capabilities.tls13 else ("TLSv1.2",)
    try:
        for version in versions:
            _check_success(backend, version)
            _check_refusal(backend, version, _ROOT, _OTHER_NAME, "a certificate for another name")
            _check_refusal(backend, version, _OTHER_ROOT, _NAME, "a certificate of an issuer that is not trusted")
    except _Defect as found:
        return str(found)
    except Exception as error:
        # Whatever a library does that its backend does not expect is the finding here.
        return f"{type(error).__name__}: {error}"
    return None


def _check_success(backend: Backend, version: str) -> None:
    """Check name, version, certificate, data in both directions, and the end of a handshake that must succeed."""
    wire = _Wire(backend, version, _ROOT, _NAME)
    refusal = wire.shake()
    if refusal is not None:
        raise _Defect(f"{version}: a handshake that must succeed fails: {refusal}")
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
