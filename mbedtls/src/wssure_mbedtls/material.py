"""Make shared configurations from settings, and cache them until the settings or their files change."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from wssure.errors import UsageError, usage_error
from wssure.tls.keylog import keylog_path
from wssure.tls.pins import parse_pins
from wssure.tls.settings import GROUPS, Material, Site, TLSSettings, unsupported_groups
from wssure.tls.trust import Anchors, Identity, LruCache, load_anchors, load_identity, stamp, system_stamp
from wssure_mbedtls import _mbedtls
from wssure_mbedtls.errors import key_trouble
from wssure_mbedtls.library import Library

_VERSIONS: Final = {"TLSv1.2": 12, "TLSv1.3": 13}
_PART_KEY: Final = 2
_PART_PAIR: Final = 3
MAX_CONFIGS: Final = 256


class Configs:
    """A cache of configurations. A changed file makes a new one, so a renewed certificate needs no restart.

    Args:
        library: The capabilities of the installed library.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._configs: LruCache[_mbedtls.Config] = LruCache(MAX_CONFIGS)
        self._trusts: LruCache[_mbedtls.Trust] = LruCache(MAX_CONFIGS)

    def client(self, settings: TLSSettings) -> _mbedtls.Config:
        """Return the configuration of a client.

        Raises:
            UsageError: The library cannot use a setting.
        """
        trusted = system_stamp() if settings.ca is None else stamp(settings.ca)
        key = (settings, stamp(settings.cert, settings.key), trusted, os.environ.get("SSLKEYLOGFILE"))
        return self._configs.get_or_create(key, lambda: self._make_client(settings))

    def server(self, site: Site, settings: TLSSettings) -> _mbedtls.Config:
        """Return the configuration of a site. Each site has its own, with its own ticket keys.

        Raises:
            UsageError: The library cannot use the certificate or key of the site.
        """
        key = (site, settings, stamp(site.cert, site.key, site.client_ca), os.environ.get("SSLKEYLOGFILE"))
        return self._configs.get_or_create(key, lambda: self._make_server(site, settings))

    def _trust(self, ca: Material | None, field: str) -> _mbedtls.Trust:
        """Return the anchors of a setting, cached because the system's store has about 150 certificates."""
        trusted = system_stamp() if ca is None else stamp(ca)
        return self._trusts.get_or_create((ca, trusted), lambda: _make_trust(load_anchors(ca, field), field))

    def _plain(self, settings: TLSSettings, *, server: bool) -> _mbedtls.Config:
        """Make a configuration with the common settings of clients and servers."""
        self._library.refuse_versions(settings)
        config = _mbedtls.Config(server)
        highest = self._library.highest_of_server(settings) if server else settings.max_version
        config.versions(_VERSIONS[settings.min_version], _VERSIONS[highest])
        for group in settings.groups or ():
            try:
                config.group(GROUPS[group])
            except _mbedtls.ConfigError as error:
                raise unsupported_groups(settings.groups or (), self._library.version) from error
        if settings.offered_alpn:
            try:
                config.alpn(settings.offered_alpn)
            except _mbedtls.ConfigError as error:
                raise usage_error(
                    "tls",
                    f"alpn got {len(settings.offered_alpn)} protocols, which Mbed TLS does not take",
                    "offer fewer",
                ) from error
        path = keylog_path(settings)
        if path is not None:
            self._library.refuse_keylog()
            config.keylog(path)
        return config

    def _make_client(self, settings: TLSSettings) -> _mbedtls.Config:
        config = self._plain(settings, server=False)
        config.relax(settings.verify == "none", settings.verify != "full", settings.allow_expired)
        if settings.strict:
            config.demand_strict()
        pins = parse_pins(settings.pins)
        for digest in pins.certificates:
            config.pin(True, digest)
        for digest in pins.keys:
            config.pin(False, digest)
        if settings.verify != "none" and not settings.pins:
            config.trust(self._trust(settings.ca, "ca"))
        if settings.cert is not None:
            _add_identity(config, load_identity(settings.cert, settings.key))
        _ready(config, verify_peer=True)
        return config

    def _make_server(self, site: Site, settings: TLSSettings) -> _mbedtls.Config:
        config = self._plain(settings, server=True)
        _add_identity(config, load_identity(site.cert, site.key))
        if settings.strict:
            config.demand_strict()
        if site.client_ca is not None:
            config.trust(self._trust(site.client_ca, "client_ca"))
        _ready(config, verify_peer=site.client_ca is not None)
        return config


def _ready(config: _mbedtls.Config, *, verify_peer: bool) -> None:
    try:
        config.ready(verify_peer)
    except _mbedtls.ConfigError as error:
        text = _mbedtls.describe(error.number)
        raise RuntimeError(f"Mbed TLS takes no configuration: {text}") from error


def _ders(anchors: Anchors) -> Iterable[bytes]:
    """Return the certificates of a trust store; Mbed TLS does not read trust stores itself."""
    ders = dict.fromkeys(anchors.certificates)
    if anchors.file is not None:
        ders.update(dict.fromkeys(load_anchors(anchors.file).certificates))
    if anchors.directory is not None and anchors.file is None:
        for path in sorted(Path(anchors.directory).iterdir()):
            # In a hashed directory the file name of a certificate is the hash of its subject, such as 0a1b2c3d.0.
            if len(path.stem) == 8 and path.suffix[1:].isdigit() and path.is_file():
                try:
                    ders.update(dict.fromkeys(load_anchors(path).certificates))
                except UsageError:
                    continue  # A revocation list (.r0) or a malformed file is not a trust anchor.
    return ders


def _make_trust(anchors: Anchors, field: str) -> _mbedtls.Trust:
    trust = _mbedtls.Trust()
    usable = [der for der in _ders(anchors) if trust.add(der)]
    if not usable:
        raise usage_error(
            field,
            f"{anchors.source} holds no certificate Mbed TLS can read",
            f"give {field}= an intact PEM file with RSA or ECDSA certificates",
        )
    return trust


def _add_identity(config: _mbedtls.Config, identity: Identity) -> None:
    try:
        config.own(identity.chain_pem, identity.key_pem)
    except _mbedtls.ConfigError as error:
        raise _identity_error(identity, error) from error


def _identity_error(identity: Identity, error: _mbedtls.ConfigError) -> UsageError:
    text = _mbedtls.describe(error.number)
    if error.part == _PART_PAIR:
        return usage_error(
            "key",
            f"the key of {identity.key_source} does not belong to the first certificate of {identity.cert_source}",
            "give key= the key of that certificate, and cert= the chain with the own certificate first",
        )
    if error.part == _PART_KEY:
        return usage_error(
            "key",
            f"{identity.key_source} holds a private key Mbed TLS cannot use: {key_trouble(error.number) or text}",
            'give an intact RSA or ECDSA key (P-256, P-384, P-521), or use backend="openssl"',
        )
    return usage_error(
        "cert",
        f"{identity.cert_source} holds a certificate Mbed TLS cannot use: {text}",
        'give an intact chain with RSA or ECDSA keys, or use backend="openssl"',
    )
