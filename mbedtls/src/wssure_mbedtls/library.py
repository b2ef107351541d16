"""Examine the installed library: its version, its compile-time features, and the consequences for wssure."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from wssure.errors import usage_error
from wssure.name import ServerName
from wssure.tls.contract import Capabilities
from wssure.tls.settings import TLSSettings
from wssure_mbedtls import _mbedtls

_log = logging.getLogger("wssure.tls")
# RFC 8446 section 5.1: a record has up to 2^14 bytes.
RECORD_BYTES: Final = 16384
_SNI: Final = "MBEDTLS_SSL_SERVER_NAME_INDICATION"
# The oldest series that upstream maintains: https://github.com/Mbed-TLS/mbedtls/blob/development/BRANCHES.md
_MAINTAINED_SINCE: Final = 0x03060000
_IP_SAN_SINCE: Final = 0x03050000
# In earlier versions mbedtls_ssl_setup refuses a server with both protocol versions (-0x7080).
_BOTH_VERSIONS_SINCE: Final = 0x03050000
_COMPATIBLE: Final = "MBEDTLS_SSL_TLS1_3_COMPATIBILITY_MODE"
_REINSTALL: Final = "build it again: make mbedtls, in the source folder of wssure"


@dataclass(frozen=True, slots=True)
class Library:
    """The capabilities of the installed library.

    Args:
        number: The version number, such as 0x03060600.
        sni: True if it can send a server_name.
        capabilities: The capabilities for the table of backends.
        missing: The missing features with their consequences, as text.
    """

    number: int
    sni: bool
    capabilities: Capabilities
    missing: tuple[str, ...]

    @property
    def version(self) -> str:
        """The version as text."""
        return f"Mbed TLS {version_text(self.number)}"

    def highest_of_server(self, settings: TLSSettings) -> str:
        """Return the highest version that a server may offer: TLS 1.2 if the library cannot offer both."""
        if settings.min_version == "TLSv1.2" and self.number < _BOTH_VERSIONS_SINCE:
            return "TLSv1.2"
        return settings.max_version

    def refuse_versions(self, settings: TLSSettings) -> None:
        """Refuse a version range without a version that the library supports.

        Raises:
            UsageError: Only TLS 1.3 is allowed, and the library does not support it.
        """
        if settings.min_version == "TLSv1.3" and not self.capabilities.tls13:
            raise usage_error(
                "tls",
                f"min_version got TLSv1.3, but {self.version} has TLS 1.2 only",
                'write min_version="TLSv1.2", or use a Mbed TLS with MBEDTLS_SSL_PROTO_TLS1_3, or backend="openssl"',
            )

    def refuse_name(self, server_name: ServerName) -> None:
        """Refuse a connection to a name if the library cannot send SNI: the server's error would be misleading.

        Raises:
            UsageError: The name needs SNI, which was compiled out.
        """
        if server_name.sni is not None and not self.sni:
            raise usage_error(
                "backend",
                f"backend mbedtls cannot send the name {server_name}: {self.version} was built without {_SNI}",
                'use a Mbed TLS with SNI, or backend="openssl"',
            )

    def refuse_keylog(self) -> None:
        """Refuse a key log if the library cannot export traffic secrets.

        Raises:
            UsageError: The library does not export traffic secrets.
        """
        if not self.capabilities.keylog:
            raise usage_error(
                "keylog",
                f"keylog is set, but {self.version} was built without MBEDTLS_SSL_EXPORT_KEYS",
                'unset SSLKEYLOGFILE and keylog=, or use backend="openssl"',
            )


def version_text(number: int) -> str:
    """Format a version number: 3.6.6 for 0x03060600."""
    return f"{number >> 24}.{number >> 16 & 0xFF}.{number >> 8 & 0xFF}"


def _missing(number: int, has: Callable[[str], bool | None], in_bytes: int, tls13: bool) -> list[str]:
    """Describe the missing features and their consequences.

    Args:
        number: The version of the library.
        has: Returns True if a compile-time feature is present; None if that is unknown.
        in_bytes: Size of the record buffer in bytes.
        tls13: True if the library supports TLS 1.3.
    """
    missing = []
    if has(_SNI) is False:
        missing.append(f"{_SNI}: no SNI can be sent, so every connection to a name is refused")
    if in_bytes < RECORD_BYTES:
        missing.append(
            f"buffers of 16 KiB: MBEDTLS_SSL_IN_CONTENT_LEN is {in_bytes}, and a peer's larger record ends the connection"
        )
    if not tls13:
        missing.append("TLS 1.3")
    elif number < _BOTH_VERSIONS_SINCE:
        missing.append(
            "TLS 1.2 and TLS 1.3 together in servers (possible from 3.5.0): a server offers TLS 1.2,"
            ' or TLS 1.3 alone with min_version="TLSv1.3"'
        )
    if tls13 and has(_COMPATIBLE) is False:
        missing.append(f"{_COMPATIBLE}: an OpenSSL server refuses its TLS 1.3 ClientHello")
    if has("MBEDTLS_SSL_ALPN") is False:
        missing.append("MBEDTLS_SSL_ALPN: no protocol is negotiated")
    if has("MBEDTLS_DEBUG_C") is False:
        missing.append("MBEDTLS_DEBUG_C: alert numbers are seen only where they are sent unencrypted")
    return missing


def examine(
    has: Callable[[str], bool | None] = _mbedtls.has,
    versions: tuple[int, int] | None = None,
    compiled: tuple[int, bool, bool] | None = None,
    options: Mapping[str, bool] | None = None,
) -> Library:
    """Check the linked library and initialise it.

    Args:
        has: Returns True if a compile-time feature is present. All arguments have defaults that examine the library;
            tests pass their own.
        versions: The version numbers of the linked library and of the headers used at compile time.
        compiled: Size of the record buffer in bytes, TLS 1.3 support, export of traffic secrets.
        options: The options of the headers that determine the layout of structures.

    Raises:
        ImportError: The library differs from the one at compile time, or it cannot be initialised.
    """
    linked, expected = versions or _mbedtls.versions()
    _compare(linked, expected, has, _mbedtls.options() if options is None else options)
    error = _mbedtls.start()
    if error:
        raise ImportError(f"Mbed TLS {version_text(linked)} does not start: error {error}")
    _register_at_fork()
    in_bytes, tls13, keylog = compiled or _mbedtls.compiled()
    debug = has("MBEDTLS_DEBUG_C") is not False
    return Library(
        number=linked,
        sni=has(_SNI) is not False,
        capabilities=Capabilities(
            tls13=tls13,
            alert_sent=debug,
            alert_received_encrypted=debug,
            chain_on_failure=True,
            verify_depth=True,
            sessions=has("MBEDTLS_SSL_SESSION_TICKETS") is not False,
            keylog=keylog,
            ip_san=linked >= _IP_SAN_SINCE,
            pq=False,
        ),
        missing=tuple(_missing(linked, has, in_bytes, tls13)),
    )


def _compare(linked: int, expected: int, has: Callable[[str], bool | None], options: Mapping[str, bool]) -> None:
    """Refuse a library with structure layouts that differ from the headers: it would crash the process.

    Raises:
        ImportError: The version series or the configuration differs, or the configuration is unknown.
    """
    answers = {name: has(name) for name in options}
    # The layout may change between minor versions. Within a minor version it changes only with the configuration, if
    # that can be queried.
    exact = None in answers.values()
    if (linked != expected) if exact else (linked >> 16 != expected >> 16):
        why = (
            ", and it was built without MBEDTLS_VERSION_FEATURES, so only the very same version is safe"
            if exact
            else ""
        )
        raise ImportError(
            f"wssure-mbedtls was compiled for Mbed TLS {version_text(expected)} and finds {version_text(linked)}{why}:"
            f" {_REINSTALL}"
        )
    words = {True: "with", False: "without", None: "unknown"}
    other = [
        f"{name} ({words[compiled]} it at compile time, {words[answers[name]]} it in the library)"
        for name, compiled in options.items()
        if answers[name] not in (None, compiled)
    ]
    if other:
        raise ImportError(
            f"wssure-mbedtls was compiled for another configuration of Mbed TLS {version_text(linked)} than it finds:"
            f" {', '.join(other)}. Use the library it was compiled against, or {_REINSTALL}"
        )


@lru_cache(maxsize=1)
def _register_at_fork() -> None:
    """Reseed the random numbers in every forked child; registered once per process."""
    os.register_at_fork(after_in_child=_mbedtls.after_fork)


def warn(library: Library) -> None:
    """Warn about an outdated library and missing features."""
    if library.number < _MAINTAINED_SINCE:
        _log.warning("%s is past its end of life and gets no security fixes: use 3.6 or later", library.version)
    for lack in library.missing:
        if lack != "TLS 1.3":
            _log.warning("%s was built without %s", library.version, lack)
