"""The server does not send its intermediate certificate.

What happened:
    The server sent its own certificate, but not the intermediate certificate that links it to a root. Verification
    fails with "unable to get local issuer certificate". Browsers often use a cached copy or fetch the missing
    certificate, so the site works there.

Why:
    The server is configured with `cert.pem` instead of `fullchain.pem`, or the CA changed its intermediate at the last
    renewal.

Fix:
    * Server: send the own certificate first, then the intermediates, without the root: nginx `ssl_certificate
      fullchain.pem;`, haproxy one PEM with all of them, wssure `Site(cert="fullchain.pem", key=...)`; libwebsockets:
      the chain in `info.ssl_cert_filepath`.
    * To see the missing certificate and its URL: `wssure check URL --fetch`.
    * Client, as a temporary fix: get the intermediate from the CA's site and add it to the root in `ca=`.

References:
    * RFC 8446 section 4.4.2, RFC 5280 section 4.2.2.1 (the URL of the issuer's certificate)
"""

from wssure.diagnose.cause import LIKELY, Evidence, Fault, Match, alternative, cause, probe
from wssure.diagnose.chain import (
    count_sent,
    looks_incomplete,
    names_of,
    reaches_anchor,
    reaches_unknown_root,
    sends_others,
    top_issuer,
)
from wssure.fixes import Fix, fix


@probe(
    "fetch the issuer's certificate (AIA, with `wssure check URL --fetch`) and verify again with it; `openssl s_client -connect HOST:PORT -servername NAME -showcerts` shows how many came"
)
@cause("cert.chain-incomplete", Fault.PEER, shows=("tls.certificate", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match a path that ends before a root while others were sent, a single certificate with the URL of its issuer's certificate, or one with a fetched issuer."""
    if evidence.is_server or "issuer-not-found" not in evidence.flags or reaches_unknown_root(evidence):
        return None
    if not looks_incomplete(evidence) and not reaches_anchor(evidence):
        return None
    which = names_of(evidence.leaf) or evidence.peer
    return Match(
        f'the issuer of the certificate of {which}, "{missing(evidence)}", was neither sent nor is it trusted here ({count_sent(evidence)})',
        fix_for(evidence),
        LIKELY,
        (
            alternative(
                "cert.untrusted-root", f"{count_sent(evidence)}: the issuer may be a root CA that is not trusted"
            ),
        ),
    )


def missing(evidence: Evidence) -> str:
    """Return the names of the certificates that the server does not send."""
    fetched = reaches_anchor(evidence)
    return '" and "'.join(fetched.missing if fetched else ()) or top_issuer(evidence)


def fix_for(evidence: Evidence) -> Fix:
    """Return the fix: the server's operator sends the chain; if it was found, the certificate to add and its URL."""
    fetched = reaches_anchor(evidence)
    if fetched is None:
        # Without the URL of a public CA, the issuer may as well be a private root.
        return fix(
            match.id if evidence.leaf.aia_issuers or sends_others(evidence) else "cert.chain-or-root",
            issuer=top_issuer(evidence),
        )
    return fix("cert.chain-published", missing=missing(evidence), urls=" and ".join(fetched.urls))
