"""The server does not send its intermediate certificate.

What happened:
    The server sent its own certificate and not the one that links it to a root. Verification stops at "unable to get local
    issuer certificate". Browsers often repair this from a cache or by fetching it, so that the site "works" there.

Why:
    The server was given `cert.pem` instead of `fullchain.pem`, or the intermediate was changed with the last renewal.

Fix:
    * Server: send own certificate first, then the intermediates, not the root: nginx `ssl_certificate fullchain.pem;`, haproxy
      one PEM with all, wssure `Site(cert="fullchain.pem", key=...)`; libwebsockets: the chain in
      `info.ssl_cert_filepath`.
    * What is missing and where it is published: `wssure check URL --fetch`.
    * Client that cannot wait: get the intermediate from the CA's site and give it beside the root in `ca=`.

References:
    * RFC 8446 section 4.4.2, RFC 5280 section 4.2.2.1 (where the issuer's certificate can be fetched)
"""

from wssure.diagnose.cause import LIKELY, Cause, Evidence, Match, rival
from wssure.diagnose.chain import looks_incomplete, names_of, reaches_anchor, reaches_stranger, top_issuer
from wssure.evidence import Fault, Stage


def match(evidence: Evidence) -> Match | None:
    """Match a lone certificate that tells where its issuer's can be had, or one whose issuer was had from there."""
    if evidence.is_server or "issuer-not-found" not in evidence.flags or reaches_stranger(evidence):
        return None
    if not looks_incomplete(evidence) and not reaches_anchor(evidence):
        return None
    which = names_of(evidence.leaf) or evidence.peer
    return Match(
        f'the server sends the certificate of {which} without the intermediate that signed it, "{missing(evidence)}"',
        fix_for(evidence),
        LIKELY,
        (rival("cert.untrusted-root", "the issuer may be a root that is not trusted here"),),
    )


def missing(evidence: Evidence) -> str:
    """Return the name of what the server does not send."""
    fetched = reaches_anchor(evidence)
    return '" and "'.join(fetched.missing if fetched else ()) or top_issuer(evidence)


def fix_for(evidence: Evidence) -> str:
    """Return what to do: the server's operator sends the chain; where it was found, what to add and where it is published."""
    fetched = reaches_anchor(evidence)
    if fetched is None:
        return "let the server send its full chain (own certificate first, then the intermediates): fullchain.pem"
    return (
        f'whoever runs the server must send "{missing(evidence)}" behind its own certificate (fullchain.pem instead of '
        f"cert.pem); it is published at {' and '.join(fetched.urls)}"
    )


CAUSE = Cause(
    id="cert.chain-incomplete",
    stage=Stage.TLS,
    fault=Fault.PEER,
    match=match,
    page=__doc__,
    fix="let the server send its full chain (own certificate first, then the intermediates)",
    probe="fetch the issuer's certificate (AIA, with wssure check --fetch) and verify again with it; openssl s_client -showcerts shows how many came",
    shows=("tls.certificate", "tls.verify"),
)
