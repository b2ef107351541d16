"""The build a client is meant for: TLS library and versions, as far as anybody said."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

__all__ = ["TLS_LIBRARIES", "Target", "parse_version"]

TLS_LIBRARIES: Final = ("mbedtls", "openssl", "gnutls", "wolfssl")
_NUMBERS: Final = re.compile(r"v?(\d+(?:[._]\d+){0,3})")

Version = tuple[int, ...]


def parse_version(words: str) -> Version:
    """Return the numbers of a version such as `4.3.3`, `v4.3-stable` or `3.6`.

    Raises:
        ValueError: It does not begin with a number.
    """
    found = _NUMBERS.match(words.strip())
    if found is None:
        raise ValueError(f"got {words!r}, expected a version such as 4.3.3")
    return tuple(int(part) for part in re.split(r"[._]", found.group(1)))


def _words(version: Version | None) -> str:
    return "" if version is None else " " + ".".join(map(str, version))


@dataclass(frozen=True, slots=True)
class Target:
    """What the linted code is built with. A rule says less where it is not known.

    Args:
        tls: One of `TLS_LIBRARIES`; None where it is not known.
        lws: Version of libwebsockets.
        mbedtls: Version of Mbed TLS.
        openssl: Version of OpenSSL.
        why: How `tls` is known, for the message: `--tls`, or a build file's name.
    """

    tls: str | None = None
    lws: Version | None = None
    mbedtls: Version | None = None
    openssl: Version | None = None
    why: str = ""

    @property
    def is_mbedtls(self) -> bool:
        """True where the code is known to run on Mbed TLS."""
        return self.tls == "mbedtls"

    @property
    def described(self) -> str:
        """The build in words, such as `libwebsockets 4.3.3 on Mbed TLS 3.4.0`."""
        names = {"mbedtls": "Mbed TLS", "openssl": "OpenSSL", "gnutls": "GnuTLS", "wolfssl": "wolfSSL"}
        tls = names.get(self.tls or "", "an unknown TLS library")
        version = {"mbedtls": self.mbedtls, "openssl": self.openssl}.get(self.tls or "")
        return f"libwebsockets{_words(self.lws)} on {tls}{_words(version)}"

    def completed(self, other: Target) -> Target:
        """Return this target with its gaps filled from another; what is known here wins."""
        if self.tls and other.tls and self.tls != other.tls:
            return replace(self, lws=self.lws or other.lws)
        return Target(
            tls=self.tls or other.tls,
            lws=self.lws or other.lws,
            mbedtls=self.mbedtls or other.mbedtls,
            openssl=self.openssl or other.openssl,
            why=self.why if self.tls else other.why,
        )
