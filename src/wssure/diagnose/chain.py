"""Questions about the certificates a peer sent that several causes ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wssure.diagnose.view import Evidence, text_of

__all__ = ["looks_incomplete", "names_of", "one_at", "reaches_anchor", "reaches_stranger", "top_issuer", "when_and_why"]


def one_at(evidence: Evidence, depth: object) -> Mapping[str, Any]:
    """Return the certificate at a depth; the peer's own where the depth is not known."""
    return next((one for one in evidence.certificates if one.get("depth") == depth), evidence.leaf)


def names_of(certificate: Mapping[str, Any]) -> str:
    """Return whom a certificate is for: its first names, else its subject; "" for none."""
    names = certificate.get("dns_names") or certificate.get("ip_addresses")
    if isinstance(names, (list, tuple)) and names:
        return ", ".join(text_of(name) for name in names[:2])
    return text_of(certificate.get("subject"))


def top_issuer(evidence: Evidence) -> str:
    """Return the issuer of the last certificate that was sent; "" where none was seen."""
    return text_of(evidence.certificates[-1].get("issuer")) if evidence.certificates else ""


def looks_incomplete(evidence: Evidence) -> bool:
    """Tell whether a missing intermediate fits better than an unknown root.

    One lone certificate that is not self-issued leaves both open. It looks incomplete where it says from where its
    issuer's certificate can be fetched (RFC 5280 section 4.2.2.1), as those of public CAs do and those of private roots
    hardly ever.
    """
    if len(evidence.certificates) != 1 or evidence.leaf.get("self_issued"):
        return False
    return bool(evidence.leaf.get("aia_issuers"))


def reaches_anchor(evidence: Evidence) -> bool:
    """Tell whether fetched issuers lead from the peer's certificate to a trust anchor."""
    return bool(evidence.record("fetch.chain").get("anchor"))


def reaches_stranger(evidence: Evidence) -> str:
    """Return the root that fetched issuers lead to and that is no trust anchor; "" where that is not what was found."""
    fetched = evidence.record("fetch.chain")
    return text_of(fetched.get("top")) if fetched.get("top_self_issued") and not fetched.get("anchor") else ""


def when_and_why(revocation: Mapping[str, Any]) -> str:
    """Return date and reason of a revocation, with a space before; "" where neither is known.

    Args:
        revocation: The value of a `fetch.revocation` fact.
    """
    at, reason = text_of(revocation.get("revoked_at")), text_of(revocation.get("reason"), 40)
    return (f" on {at[:10]}" if at else "") + (f" ({reason})" if reason else "")
