"""Check the certificates that a server is about to show, so that their defects are known before the first client."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Final

from wssure.errors import UsageError
from wssure.fixes import Fix, Reader, fix
from wssure.frozen import frozen
from wssure.name import IpName, normalise_host
from wssure.text import printable
from wssure.tls.defects import in_path_order
from wssure.tls.settings import Site
from wssure.tls.trust import LruCache, load_identity, stamp
from wssure.tls.verify import check_name, presented_names
from wssure.wire.decode import DecodeError
from wssure.wire.x509 import Certificate, decode_certificate

_DAY_S: Final = 86400
_SHOWN: Final = 3
_SERVER_AUTH: Final = "serverAuth"
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_UNREADABLE: Final = datetime.min.replace(tzinfo=UTC)
# The end of a certificate, by its site and the state of its files: a metric that is asked for every few seconds reads nothing.
_ENDS: Final[LruCache[datetime]] = LruCache(1024)


@frozen
class CertificateWarning:
    """A defect for which clients will refuse a site's certificate.

    Args:
        site: The first name of the site; "" if it has none.
        cause: The cause that a client of this library reports.
        text: The defect, safe to print.
        fix: The remedy.
    """

    site: str
    cause: str
    text: str
    fix: Fix

    def __str__(self) -> str:
        where = f" of the site {self.site}" if self.site else ""
        # In one line, for a log.
        return (
            f"{self.cause}: the certificate{where} {self.text}; fix: {' '.join(self.fix.text(Reader.SERVER).split())}"
        )


def certificate_warnings(sites: Iterable[Site]) -> list[CertificateWarning]:
    """Return the defects of the certificates of sites; empty if clients can accept all of them.

    Args:
        sites: The sites. A site with files that cannot be read has no warning: the backend refuses it.
    """
    now = datetime.now(UTC)
    return [
        CertificateWarning(site.names[0] if site.names else "", cause, text, todo)
        for site in sites
        for cause, text, todo in _site_defects(site, _chain(site), now)
    ]


def days_left(sites: Iterable[Site]) -> float | None:
    """Return the days until the first certificate of the sites expires, negative after it; None if none has files.

    A site whose files cannot be read has 0 days: its next connection fails.

    Args:
        sites: The sites. Their files are read again only if they were changed, as for the next connection.
    """
    end = min(
        (_ENDS.get_or_create((site, stamp(site.cert, site.key)), partial(_end, site)) for site in sites), default=_NEVER
    )
    if end == _UNREADABLE:
        return 0.0
    return None if end == _NEVER else (end - datetime.now(UTC)).total_seconds() / _DAY_S


def _end(site: Site) -> datetime:
    return min((certificate.not_after for certificate in _chain(site)), default=_UNREADABLE if site.cert else _NEVER)


def _chain(site: Site) -> list[Certificate]:
    """Return the certificates of a site, its own first; empty if they cannot be read, or belong to an `ssl.SSLContext`."""
    if not site.cert:
        return []
    try:
        return [decode_certificate(der) for der in load_identity(site.cert, site.key).certificates]
    except (UsageError, DecodeError):
        return []


def _site_defects(site: Site, chain: list[Certificate], now: datetime) -> Iterator[tuple[str, str, Fix]]:
    if not chain:
        return
    own = chain[0]
    for certificate in chain:
        which = "" if certificate is own else f' has the issuer "{printable(certificate.subject)}", which'
        if certificate.not_after < now:
            yield "cert.expired", f"{which} expired on {certificate.not_after:%Y-%m-%d}".strip(), fix("cert.expired")
        if certificate.not_before > now:
            begins = f"{which} is not valid before {certificate.not_before:%Y-%m-%d}".strip()
            yield "cert.not-yet-valid", begins, fix("cert.not-yet-valid")
    yield from _name_defects(site, own)
    if own.eku and _SERVER_AUTH not in own.eku:
        yield "cert.purpose", f"is for {', '.join(map(printable, own.eku))}, not for servers", fix("cert.purpose")
    if len(in_path_order(chain)) < len(chain):
        text = "is followed by certificates that did not issue the one before"
        yield "cert.chain-incomplete", text, fix("cert.chain-incomplete")
    elif len(chain) == 1 and own.aia_issuers and not own.self_issued:
        text = f'comes alone, without that of its issuer "{printable(own.issuer)}"'
        yield "cert.chain-incomplete", text, fix("cert.chain-incomplete")


def _name_defects(site: Site, own: Certificate) -> Iterator[tuple[str, str, Fix]]:
    """Compare the names of a site with those of its certificate."""
    if not own.has_san:
        name = site.names[0] if site.names else ""
        yield "cert.no-san", "has no subjectAltName, so it is valid for no name", fix("cert.no-san", name=name)
        return
    shown = ", ".join(presented_names(own)[:_SHOWN]) or "no name"
    for text in site.names:
        if text in {name.lower() for name in own.dns_names} and not _is_ip(text):
            continue
        if not text.startswith("*.") and check_name(normalise_host(text), own):
            continue
        if text in own.dns_names:
            yield (
                "cert.ip-as-dns",
                f"has the address as DNS:{text}, expected IP:{text}",
                fix("cert.ip-as-dns", host=text),
            )
        else:
            yield "cert.hostname", f"is for {shown}, not for {text}", fix("cert.hostname", expected=text)


def _is_ip(name: str) -> bool:
    return not name.startswith("*.") and isinstance(normalise_host(name), IpName)
