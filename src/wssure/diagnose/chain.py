"""Questions about the certificates a peer sent that several causes ask."""

from wssure.diagnose.view import Evidence, defect_with, text_of
from wssure.facts import CertificateSeen, FetchChain, Revocation, TlsSettingsUsed


def names_of(certificate: CertificateSeen) -> str:
    """Return the holder of a certificate: its first names, else its subject; "" for none."""
    names = certificate.dns_names or certificate.ip_addresses
    return ", ".join(names[:2]) or certificate.subject or ""


def culprit(evidence: Evidence, flag: str) -> str:
    """Return which certificate has a defect: its part in the chain, its subject, and its position."""
    defect = defect_with(evidence, flag)
    subject = f' "{text_of(defect.subject)}"' if defect.subject else ""
    sent = len(evidence.certificates)
    if defect.depth is None:
        return f"a certificate of {evidence.peer}'s chain"
    if defect.depth == 0:
        return f"the server's own certificate{subject}"
    if sent and defect.depth >= sent:
        return f"the CA certificate{subject} (not sent; a trust anchor of this client)"
    return f"the CA certificate{subject} (number {defect.depth + 1}" + (
        f" of {sent} sent)" if sent else " of the chain)"
    )


def beyond_sent(evidence: Evidence, certificate: CertificateSeen) -> bool:
    """Tell whether a certificate is the trust anchor, which the peer did not send."""
    return bool(evidence.certificates) and (certificate.depth or 0) >= len(evidence.certificates)


def sent_path(evidence: Evidence) -> list[CertificateSeen]:
    """Return the peer's own certificate and those sent that lead from it to its issuers, in this order."""
    path = list(evidence.certificates[:1])
    while path:
        issuer = path[-1].issuer
        above = next((one for one in evidence.certificates if one.subject == issuer and one not in path), None)
        if above is None:
            break
        path.append(above)
    return path


def sends_others(evidence: Evidence) -> bool:
    """Tell whether the peer sent a certificate that has no part in the path of its own, as with an old intermediate."""
    return len(sent_path(evidence)) < len(evidence.certificates)


def top_issuer(evidence: Evidence) -> str:
    """Return the issuer of the last certificate on the path that was sent; "" if none was seen."""
    path = sent_path(evidence)
    return (path[-1].issuer if path else None) or ""


def looks_incomplete(evidence: Evidence) -> bool:
    """Tell whether a missing intermediate fits better than an unknown root.

    A certificate with no part in the path says so: the server's file has the wrong intermediate.
    One lone certificate that is not self-issued leaves both open. It looks incomplete if it has a URL for its issuer's
    certificate (caIssuers, RFC 5280 section 4.2.2.1), or if the client was given a CA and no proxy is on the way: then the root is probably known.
    Certificates of public CAs have such a URL, so without it the system's store hardly ever knows the root.
    """
    path = sent_path(evidence)
    if not path or path[-1].self_issued:
        return False
    if sends_others(evidence):
        return True
    if len(path) != 1:
        return False
    settings = evidence.last(TlsSettingsUsed)
    has_own_anchors = settings is not None and settings.ca == "given" and not evidence.proxy
    return bool(evidence.leaf.aia_issuers) or has_own_anchors


def count_sent(evidence: Evidence) -> str:
    """Return how many certificates the peer sent, such as `1 certificate was sent`; "" if that is not known."""
    count = len(evidence.certificates)
    return f"{count} certificate{' was' if count == 1 else 's were'} sent" if count else ""


def reaches_anchor(evidence: Evidence) -> FetchChain | None:
    """Return the fetched issuers if they lead from the peer's certificate to a trust anchor."""
    fetched = evidence.last(FetchChain)
    return fetched if fetched is not None and fetched.anchor else None


def reaches_unknown_root(evidence: Evidence) -> str:
    """Return the root at the end of the fetched issuers if it is no trust anchor, else ""."""
    fetched = evidence.last(FetchChain)
    return fetched.top or "" if fetched is not None and fetched.top_self_issued and not fetched.anchor else ""


def when_and_why(revocation: Revocation | None) -> str:
    """Return date and reason of a revocation, with a space before; "" if neither is known."""
    if revocation is None:
        return ""
    at, reason = revocation.revoked_at, revocation.reason
    return (f" on {at[:10]}" if at else "") + (f" ({reason})" if reason else "")
