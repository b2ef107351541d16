"""From a server's certificate to a trust anchor: with what the server sent, and with what is published about its issuers.

What is fetched is never trusted. It may only stand between the server's certificate and an anchor that the user already has;
each step of such a path is a signature that was verified here.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from wssure.errors import UsageError
from wssure.facts import Fact, FetchChain
from wssure.probe.fetch import Fetcher
from wssure.tls.settings import Material
from wssure.tls.trust import load_anchors
from wssure.wire.decode import DecodeError
from wssure.wire.x509 import Certificate, decode_certificate

__all__ = ["Link", "Search", "UNREADABLE", "is_issued_by", "known_anchors", "links_in", "load"]

# What cryptography raises for a certificate or a signature that is broken, strange, or not the one expected.
UNREADABLE: Final = (
    ValueError,
    TypeError,
    InvalidSignature,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
# Public chains have three or four certificates.
_LONGEST: Final = 8
_MOST_FETCHED: Final = 3
_MOST_IN_ANSWER: Final = 8
# A server that sends many CA certificates of one name and key makes the paths among them countless.
_MOST_SENT: Final = 16
_MOST_CHECKS: Final = 256


@dataclass(frozen=True, slots=True)
class Link:
    """One certificate in both readings.

    Args:
        known: Ours.
        proved: That of `cryptography`, which verifies.
    """

    known: Certificate
    proved: x509.Certificate

    def covers(self, now: datetime) -> bool:
        """Tell whether its dates hold."""
        return self.known.not_before <= now <= self.known.not_after

    @property
    def pem(self) -> bytes:
        """It as PEM."""
        return self.proved.public_bytes(Encoding.PEM)


def load(der: bytes) -> Link | None:
    """Return a certificate; None where one of the readers refuses it."""
    try:
        with warnings.catch_warnings():
            # Roots from before RFC 5280 draw deprecation warnings, which are not for the user of a check.
            warnings.simplefilter("ignore")
            return Link(decode_certificate(der), x509.load_der_x509_certificate(der))
    except (DecodeError, *UNREADABLE):
        return None


def links_in(body: bytes) -> list[Link]:
    """Return the certificates of an answer: DER or PEM, or the certificates of a PKCS #7.

    Source: RFC 5280 section 4.2.2.1.
    """
    alone = load(body)
    if alone is not None:
        return [alone]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if b"-----BEGIN CERTIFICATE" in body:
                found = x509.load_pem_x509_certificates(body)
            else:
                found = pkcs7.load_der_pkcs7_certificates(body)
            ders = [one.public_bytes(Encoding.DER) for one in found[:_MOST_IN_ANSWER]]
    except UNREADABLE:
        return []
    return [link for der in ders if (link := load(der)) is not None]


def is_issued_by(certificate: Link, issuer: Link) -> bool:
    """Tell whether a certificate names an issuer and bears its signature."""
    try:
        certificate.proved.verify_directly_issued_by(issuer.proved)
    except UNREADABLE:
        return False
    return True


def _may_issue(issuer: Link, below: int) -> bool:
    """Tell whether a certificate that is no anchor may sign others.

    Args:
        issuer: The certificate.
        below: How many CA certificates stand between it and the server's own.

    Source: RFC 5280 section 6.1.4 (k) to (n).
    """
    try:
        extensions = issuer.proved.extensions
        basic = extensions.get_extension_for_class(x509.BasicConstraints).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return False
    try:
        signs = extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        signs = True
    return basic.ca and signs and (basic.path_length is None or below <= basic.path_length)


def known_anchors(ca: Material | None) -> list[bytes]:
    """Return the DER of every trust anchor of a setting, those a library would read by itself included.

    Args:
        ca: As in `TLSSettings`.

    Raises:
        UsageError: There is none.
    """
    anchors = load_anchors(ca)
    found = dict.fromkeys(anchors.certificates)
    files = [] if anchors.file is None else [anchors.file]
    # OpenSSL reads a bundle and a hashed directory side by side; most systems have the same anchors in both.
    if anchors.directory is not None:
        with os.scandir(anchors.directory) as entries:
            files += [entry.path for entry in entries if entry.is_file()]
    for file in files:
        try:
            found.update(dict.fromkeys(load_anchors(file).certificates))
        except UsageError:
            continue  # a hashed directory may hold revocation lists and other files, too
    return list(found)


class _Anchors:
    """Trust anchors by subject; only those that are asked for are read by `cryptography`."""

    def __init__(self, ders: Iterable[bytes]) -> None:
        self._by_subject: dict[str, list[bytes]] = {}
        for der in ders:
            try:
                self._by_subject.setdefault(decode_certificate(der).subject, []).append(der)
            except DecodeError:
                continue

    def named(self, subject: str) -> list[Link]:
        return [link for der in self._by_subject.get(subject, ()) if (link := load(der)) is not None]


class Search:
    """The search for a path from a server's certificate to an anchor.

    Args:
        chain: DER of what the server sent, its own certificate first; at least one.
        anchors: DER of the trust anchors.
        now: The time, aware.

    Attributes:
        path: From the server's own certificate to the anchor, once there is one.
    """

    def __init__(self, chain: Sequence[bytes], anchors: Iterable[bytes], now: datetime) -> None:
        links = [load(der) for der in chain[:_MOST_SENT]]
        self.leaf = links[0]
        self._pool = [link for link in links[1:] if link is not None]
        self._anchors = _Anchors(anchors)
        self._now = now
        self._fetched: dict[bytes, str] = {}
        self._checks = 0
        self.path = self._find((self.leaf,)) if self.leaf is not None else None

    def _find(self, path: tuple[Link, ...]) -> tuple[Link, ...] | None:
        """Return the path grown to an anchor; None where it cannot be."""
        top = path[-1]
        if not top.covers(self._now):
            return None
        for anchor in self._anchors.named(top.known.issuer):
            if anchor.covers(self._now) and self._issued(top, anchor):
                return (*path, anchor)
        if len(path) == _LONGEST:
            return None
        for link in self._pool:
            fits = link not in path and self._issued(top, link) and _may_issue(link, len(path) - 1)
            found = self._find((*path, link)) if fits else None
            if found is not None:
                return found
        return None

    def _issued(self, certificate: Link, issuer: Link) -> bool:
        """Verify one step of a path, as long as not too many were."""
        self._checks += 1
        return self._checks <= _MOST_CHECKS and is_issued_by(certificate, issuer)

    @property
    def fetched(self) -> tuple[str, ...]:
        """Where the certificates came from that the path needs and the server did not send."""
        return tuple(self._fetched[link.known.der] for link in self.path or () if link.known.der in self._fetched)

    @property
    def top(self) -> Link | None:
        """The last certificate that can be reached without an anchor; None where the server's own cannot be read."""
        top = self.leaf
        for _ in range(_LONGEST):
            above = next(
                (link for link in self._pool if top is not None and link is not top and is_issued_by(top, link)), None
            )
            if above is None:
                break
            top = above
        return top

    async def fetch_missing(self, fetcher: Fetcher) -> Fact | None:
        """Fetch issuer after issuer until an anchor is reached or nothing more is published; None where nothing was fetched.

        Args:
            fetcher: Does it.
        """
        for _ in range(_MOST_FETCHED):
            top = self.top
            if self.path is not None or top is None or top.known.self_issued or not await self._climb(top, fetcher):
                break
        return self._fact() if self._fetched else None

    async def _climb(self, top: Link, fetcher: Fetcher) -> bool:
        """Fetch the issuer of one certificate; False where it is not to be had."""
        for url in top.known.aia_issuers:
            body = await fetcher.get("aia", url)
            useful = [link for link in links_in(body) if is_issued_by(top, link)] if body is not None else []
            if useful:
                self._pool += useful
                self._fetched.update({link.known.der: url for link in useful})
                self._checks = 0
                self.path = self._find((self.leaf,)) if self.leaf is not None else None
                return True
        return False

    def _fact(self) -> FetchChain:
        """Return what was fetched; where an anchor was reached, only what the path needs counts as missing."""
        links = [link for link in self._pool if link.known.der in self._fetched]
        if self.path is not None:
            links = [link for link in self.path if link.known.der in self._fetched]
        top = self.path[-1] if self.path is not None else self.top
        return FetchChain(
            tuple(link.known.subject for link in links),
            tuple(self._fetched[link.known.der] for link in links),
            tuple(hashlib.sha256(link.known.der).hexdigest() for link in links),
            None if top is None else top.known.subject,
            top is not None and top.known.self_issued,
            None if self.path is None else self.path[-1].known.subject,
        )
