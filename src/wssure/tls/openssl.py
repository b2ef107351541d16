"""The direct OpenSSL backend: it uses the libssl that Python itself has loaded, without the `ssl` module.

This file makes contexts from settings and caches them; `_openssl` is the compiled engine. If Python has no separate
OpenSSL library, or an old one, or if nothing could be compiled, `UNAVAILABLE` has the reason and the stdlib backend is
used.
"""

from __future__ import annotations

import os
from typing import Final

from wssure.errors import UsageError, usage_error
from wssure.name import DnsName, IpName, ServerName
from wssure.tls import openssl_errors
from wssure.tls.contract import Capabilities, Engine, EngineNote, silent
from wssure.tls.keylog import APPEND, keylog_path
from wssure.tls.pins import parse_pins
from wssure.tls.settings import Material, Site, TLSSettings, unsupported_groups
from wssure.tls.stdlib_context import CIPHERS
from wssure.tls.trust import Anchors, Identity, LruCache, Stamp, load_anchors, load_identity, stamp, system_stamp

_not_built: ImportError | None = None
try:
    from wssure.tls import _openssl
except ImportError as _error:
    _not_built = _error


_VERSIONS: Final = {"TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
MAX_CONTEXTS: Final = 256


def _find() -> str | None:
    """Find the library; return the reason if it cannot be used."""
    if _not_built is not None:
        return f"wssure's compiled engine is not installed: {_not_built}"
    try:
        import _ssl
    except ImportError as error:
        return f"this Python has no ssl module: {error}"
    path = getattr(_ssl, "__file__", None)
    if path is None:
        return "this Python has OpenSSL built in, where nothing else can reach it"
    return _openssl.load(path)


UNAVAILABLE: Final = _find()


class OpenSSLBackend:
    """TLS with the libssl that Python's `_ssl` module has loaded.

    Raises:
        RuntimeError: The library cannot be used here; `UNAVAILABLE` has the reason.
    """

    name: str = "openssl"

    def __init__(self) -> None:
        if UNAVAILABLE is not None:
            raise RuntimeError(UNAVAILABLE)
        self.version: str = _openssl.version()
        self.capabilities: Capabilities = Capabilities(
            tls13=True,
            alert_sent=True,
            alert_received_encrypted=True,
            chain_on_failure=True,
            verify_depth=True,
            sessions=True,
            keylog=True,
            ip_san=True,
            pq=_openssl.version_number() >= 0x30500000,
        )
        self._contexts: LruCache[_openssl.Context] = LruCache(MAX_CONTEXTS)
        self._trusts: LruCache[_openssl.Trust] = LruCache(MAX_CONTEXTS)

    def client(
        self,
        settings: TLSSettings,
        server_name: ServerName,
        *,
        session: object | None = None,
        note: EngineNote = silent,
    ) -> Engine:
        """Make a client engine; see `wssure.tls.contract.Backend.client`."""
        stamps = stamp(settings.cert, settings.key)
        trust_stamp = system_stamp() if settings.ca is None else stamp(settings.ca)
        key = (settings, stamps, trust_stamp, os.environ.get("SSLKEYLOGFILE"))
        context = self._contexts.get_or_create(key, lambda: self._client_context(settings, trust_stamp))
        sni = server_name.sni
        name = server_name.proves if settings.verify == "full" else None
        return _openssl.Engine(
            context,
            note,
            sni=None if sni is None else sni.encode("ascii"),
            host=name.name.encode("ascii") if isinstance(name, DnsName) else None,
            address=name.ip.encode("ascii") if isinstance(name, IpName) else None,
            session=session,
        )

    def effective(self, settings: TLSSettings) -> TLSSettings:
        """Return the settings: they are in force as they are; see `wssure.tls.contract.Backend.effective`."""
        return settings

    def server(self, site: Site, settings: TLSSettings, *, note: EngineNote = silent) -> Engine:
        """Make a server engine for one site; see `wssure.tls.contract.Backend.server`."""
        trust_stamp = stamp(site.client_ca)
        key = (site, settings, stamp(site.cert, site.key), trust_stamp, os.environ.get("SSLKEYLOGFILE"))
        context = self._contexts.get_or_create(key, lambda: self._server_context(site, settings, trust_stamp))
        return _openssl.Engine(context, note)

    def _client_context(self, settings: TLSSettings, trust_stamp: Stamp) -> _openssl.Context:
        context = _plain_context(settings, server=False)
        if settings.pins:
            pins = parse_pins(settings.pins)
            context.accept_pins(pins.keys, pins.certificates)
        elif settings.verify == "none":
            context.accept_any()
        else:
            trust = self._trust(settings.ca, trust_stamp, "ca")
            context.verify(trust, any_time=settings.allow_expired, strict=settings.strict)
        if settings.cert is not None:
            _identify(context, load_identity(settings.cert, settings.key))
        return context

    def _server_context(self, site: Site, settings: TLSSettings, trust_stamp: Stamp) -> _openssl.Context:
        context = _plain_context(settings, server=True)
        _identify(context, load_identity(site.cert, site.key))
        if site.client_ca is not None:
            context.verify(self._trust(site.client_ca, trust_stamp, "client_ca"), strict=settings.strict)
        return context

    def _trust(self, ca: Material | None, trust_stamp: Stamp, field: str) -> _openssl.Trust:
        """Return cached anchors, unless their files changed: reading a bundle takes 25 ms."""
        return self._trusts.get_or_create((ca, trust_stamp), lambda: _read_trust(load_anchors(ca, field), field))


def _plain_context(settings: TLSSettings, *, server: bool) -> _openssl.Context:
    """Make a context with the common settings of clients and servers."""
    path = keylog_path(settings)
    context = _openssl.Context(
        server,
        _VERSIONS[settings.min_version],
        _VERSIONS[settings.max_version],
        CIPHERS.encode("ascii"),
        b"".join(bytes((len(name),)) + name.encode("ascii") for name in settings.offered_alpn),
        -1 if path is None else os.open(path, APPEND),
    )
    if settings.groups is not None:
        try:
            context.set_groups(":".join(settings.groups).encode("ascii"))
        except _openssl.LibraryError as error:
            raise unsupported_groups(settings.groups, _openssl.version()) from error
    return context


def _read_trust(anchors: Anchors, field: str) -> _openssl.Trust:
    try:
        return _openssl.Trust(
            anchors.certificates,
            None if anchors.file is None else os.fsencode(anchors.file),
            None if anchors.directory is None else os.fsencode(anchors.directory),
        )
    except _openssl.LibraryError as error:
        raise usage_error(
            field,
            f"{anchors.source} holds a certificate OpenSSL cannot read: {error.text}",
            f"give ${field}= an intact PEM file",
        ) from error


def _identify(context: _openssl.Context, identity: Identity) -> None:
    try:
        context.identify(identity.certificates, identity.key_pem)
    except _openssl.LibraryError as error:
        raise _identity_error(identity, error) from error


def _identity_error(identity: Identity, error: _openssl.LibraryError) -> UsageError:
    if openssl_errors.is_pair_mismatch(error.code):
        return usage_error(
            "key",
            f"the key of {identity.key_source} does not belong to the first certificate of {identity.cert_source}",
            "give $key= the key of that certificate, and $cert= the chain with the own certificate first",
        )
    if error.what == "key":
        return usage_error(
            "key", f"{identity.key_source} holds a key OpenSSL cannot read: {error.text}", "give $key= an intact key"
        )
    return usage_error(
        "cert", f"{identity.cert_source} is a chain OpenSSL refuses: {error.text}", "give $cert= an intact chain"
    )
