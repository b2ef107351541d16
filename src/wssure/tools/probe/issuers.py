"""Find a path from a server's certificate to a trust anchor, with the server's certificates and published issuers.

Fetched certificates are never trusted. They may only connect the server's certificate to an anchor that the user
already has. The signature of each step of such a path is verified here.
"""

import hashlib
import os
import warnings
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from wssure.errors import UsageError
from wssure.facts import Fact, FetchChain
from wssure.frozen import frozen
from wssure.tls.settings import Material
from wssure.tls.trust import load_anchors
from wssure.tools.probe.fetch import Fetcher
from wssure.wire.decode import DecodeError
from wssure.wire.x509 import Certificate, decode_certificate

# The exceptions of cryptography for malformed or unexpected certificates and signatures.
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
# Many CA certificates with the same name and key would make the number of paths exponential.
_MOST_SENT: Final = 16
_MOST_CHECKS: Final = 256


@frozen
class Link:
    """One certificate, decoded by both libraries.

    Args:
        decoded: The result of our decoder.
        proved: The object of `cryptography`, which verifies signatures.
    """

    decoded: Certificate
    proved: x509.Certificate

    def covers(self, now: datetime) -> bool:
        """Return True if the certificate is within its validity."""
        return self.decoded.not_before <= now <= self.decoded.not_after

    @property
    def pem(self) -> bytes:
        """The certificate as PEM."""
        return self.proved.public_bytes(Encoding.PEM)


def load(der: bytes) -> Link | None:
    """Decode a certificate; None if one of the decoders refuses it."""
    try:
        with warnings.catch_warnings():
            # Roots older than RFC 5280 cause deprecation warnings, which are not useful here.
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
                certificates = x509.load_pem_x509_certificates(body)
            else:
                certificates = pkcs7.load_der_pkcs7_certificates(body)
            ders = [certificate.public_bytes(Encoding.DER) for certificate in certificates[:_MOST_IN_ANSWER]]
    except UNREADABLE:
        return []
    return [link for der in ders if (link := load(der)) is not None]


def is_issued_by(certificate: Link, issuer: Link) -> bool:
    """Return True if a certificate names an issuer and has its signature."""
    try:
        certificate.proved.verify_directly_issued_by(issuer.proved)
    except UNREADABLE:
        return False
    return True


def _may_issue(issuer: Link, below: int) -> bool:
    """Return True if a certificate that is not an anchor may sign others.

    Args:
        issuer: The certificate.
        below: Number of CA certificates between it and the server's own.

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
    """Return the DER of all trust anchors of a setting, including those that a library reads itself.

    Args:
        ca: As in `TLSSettings`.

    Raises:
        UsageError: There is no trust anchor.
    """
    anchors = load_anchors(ca)
    anchor_ders = dict.fromkeys(anchors.certificates)
    files = [] if anchors.file is None else [anchors.file]
    # OpenSSL reads both a bundle and a hashed directory; most systems have the same anchors in both.
    if anchors.directory is not None:
        with os.scandir(anchors.directory) as entries:
            files += [entry.path for entry in entries if entry.is_file()]
    for file in files:
        try:
            anchor_ders.update(dict.fromkeys(load_anchors(file).certificates))
        except UsageError:
            continue  # a hashed directory may contain revocation lists and other files, too
    return list(anchor_ders)


class _Anchors:
    """Trust anchors by subject; `cryptography` decodes only the requested ones."""

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
        chain: DER of the server's certificates, its own first; at least one.
        anchors: DER of the trust anchors.
        now: The present time, with a time zone.

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
        """Extend the path to an anchor; None if that is impossible."""
        top = path[-1]
        if not top.covers(self._now):
            return None
        for anchor in self._anchors.named(top.decoded.issuer):
            if anchor.covers(self._now) and self._issued(top, anchor):
                return (*path, anchor)
        if len(path) == _LONGEST:
            return None
        for link in self._pool:
            fits = link not in path and self._issued(top, link) and _may_issue(link, len(path) - 1)
            complete = self._find((*path, link)) if fits else None
            if complete is not None:
                return complete
        return None

    def _issued(self, certificate: Link, issuer: Link) -> bool:
        """Verify one step of a path, up to a limit."""
        self._checks += 1
        return self._checks <= _MOST_CHECKS and is_issued_by(certificate, issuer)

    @property
    def fetched(self) -> tuple[str, ...]:
        """The URLs of certificates in the path that the server did not send."""
        return tuple(self._fetched[link.decoded.der] for link in self.path or () if link.decoded.der in self._fetched)

    @property
    def top(self) -> Link | None:
        """The last certificate reached without an anchor; None if the server's own cannot be decoded."""
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
        """Fetch issuers until an anchor is reached or no further one is published; None if nothing was fetched.

        Args:
            fetcher: Makes the fetches.
        """
        for _ in range(_MOST_FETCHED):
            top = self.top
            if self.path is not None or top is None or top.decoded.self_issued or not await self._climb(top, fetcher):
                break
        return self._fact() if self._fetched else None

    async def _climb(self, top: Link, fetcher: Fetcher) -> bool:
        """Fetch the issuer of one certificate; return False if it is not available."""
        for url in top.decoded.aia_issuers:
            body = await fetcher.get("aia", url)
            useful = [link for link in links_in(body) if is_issued_by(top, link)] if body is not None else []
            if useful:
                self._pool += useful
                self._fetched.update({link.decoded.der: url for link in useful})
                self._checks = 0
                self.path = self._find((self.leaf,)) if self.leaf is not None else None
                return True
        return False

    def _fact(self) -> FetchChain:
        """Return the fetched certificates; if an anchor was reached, only those on the path count as missing."""
        links = [link for link in self._pool if link.decoded.der in self._fetched]
        if self.path is not None:
            links = [link for link in self.path if link.decoded.der in self._fetched]
        top = self.path[-1] if self.path is not None else self.top
        return FetchChain(
            tuple(link.decoded.subject for link in links),
            tuple(self._fetched[link.decoded.der] for link in links),
            tuple(hashlib.sha256(link.decoded.der).hexdigest() for link in links),
            None if top is None else top.decoded.subject,
            top is not None and top.decoded.self_issued,
            None if self.path is None else self.path[-1].decoded.subject,
        )
