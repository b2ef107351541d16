"""Questions about the certificates a peer sent that several causes ask."""

from __future__ import annotations

from wssure.diagnose.view import Evidence
from wssure.facts import CertificateSeen, FetchChain, Revocation


def names_of(certificate: CertificateSeen) -> str:
    """Return the holder of a certificate: its first names, else its subject; "" for none."""
    names = certificate.dns_names or certificate.ip_addresses
    return ", ".join(names[:2]) or certificate.subject or ""


def top_issuer(evidence: Evidence) -> str:
    """Return the issuer of the last certificate that was sent; "" if none was seen."""
    return (evidence.certificates[-1].issuer if evidence.certificates else None) or ""


def looks_incomplete(evidence: Evidence) -> bool:
    """Tell whether a missing intermediate fits better than an unknown root.

    One lone certificate that is not self-issued leaves both open. It looks incomplete if it has a URL for its issuer's
    certificate (caIssuers, RFC 5280 section 4.2.2.1). Certificates of public CAs have one, those of private roots hardly
    ever.
    """
    if len(evidence.certificates) != 1 or evidence.leaf.self_issued:
        return False
    return bool(evidence.leaf.aia_issuers)


def reaches_anchor(evidence: Evidence) -> FetchChain | None:
    """Return the fetched issuers if they lead from the peer's certificate to a trust anchor."""
    fetched = evidence.last(FetchChain)
    return fetched if fetched is not None and fetched.anchor else None


def reaches_stranger(evidence: Evidence) -> str:
    """Return the root at the end of the fetched issuers if it is no trust anchor, else ""."""
    fetched = evidence.last(FetchChain)
    return fetched.top or "" if fetched is not None and fetched.top_self_issued and not fetched.anchor else ""


def when_and_why(revocation: Revocation | None) -> str:
    """Return date and reason of a revocation, with a space before; "" if neither is known."""
    if revocation is None:
        return ""
    at, reason = revocation.revoked_at, revocation.reason
    return (f" on {at[:10]}" if at else "") + (f" ({reason})" if reason else "")
