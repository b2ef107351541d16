"""The build of a client: TLS library and versions, as far as they are known."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from wssure.frozen import frozen

_NUMBERS: Final = re.compile(r"v?(\d+(?:[._]\d+){0,3})")

Version = tuple[int, ...]


def parse_version(words: str) -> Version:
    """Parse a version such as `4.3.3`, `v4.3-stable` or `3.6`.

    Raises:
        ValueError: The text does not begin with a number.
    """
    match = _NUMBERS.match(words.strip())
    if match is None:
        raise ValueError(f"got {words!r}, expected a version such as 4.3.3")
    return tuple(int(part) for part in re.split(r"[._]", match.group(1)))


def _words(version: Version | None) -> str:
    return "" if version is None else " " + ".".join(map(str, version))


@frozen
class Target:
    """The TLS library and versions of the linted code. With unknown parts, rules report less.

    Args:
        tls: `mbedtls`, `openssl`, `gnutls` or `wolfssl`; None if unknown.
        lws: Version of libwebsockets.
        mbedtls: Version of Mbed TLS.
        openssl: Version of OpenSSL.
        why: The origin of `tls`, for the message: `--tls`, or the name of a build file.
    """

    tls: str | None = None
    lws: Version | None = None
    mbedtls: Version | None = None
    openssl: Version | None = None
    why: str = ""

    @property
    def is_mbedtls(self) -> bool:
        """True if the code is known to use Mbed TLS."""
        return self.tls == "mbedtls"

    @property
    def describe(self) -> str:
        """The build in words, such as `libwebsockets 4.3.3 on Mbed TLS 3.4.0`."""
        names = {"mbedtls": "Mbed TLS", "openssl": "OpenSSL", "gnutls": "GnuTLS", "wolfssl": "wolfSSL"}
        tls = names.get(self.tls or "", "an unknown TLS library")
        version = {"mbedtls": self.mbedtls, "openssl": self.openssl}.get(self.tls or "")
        return f"libwebsockets{_words(self.lws)} on {tls}{_words(version)}"

    def complete_with(self, other: Target) -> Target:
        """Fill the unknown parts of this target from another."""
        if self.tls and other.tls and self.tls != other.tls:
            return replace(self, lws=self.lws or other.lws)
        return Target(
            tls=self.tls or other.tls,
            lws=self.lws or other.lws,
            mbedtls=self.mbedtls or other.mbedtls,
            openssl=self.openssl or other.openssl,
            why=self.why if self.tls else other.why,
        )
