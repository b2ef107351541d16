"""The certificate has expired.

What happened:
    The validity of a certificate in the server's chain has ended, or the clock of this machine is ahead.

Why:
    The certificate was not renewed, or the server was not reloaded after the renewal; one of several servers behind the
    name was missed; an intermediate expired; the root in the trust store of this machine expired; or the clock of this machine is wrong.

Fix:
    * Server: renew the certificate and reload (`certbot renew`, `nginx -s reload`); check every address of the name.
    * Compare the clock (`date -u`) with the dates shown.
    * For a device that cannot be updated in time: `TLSSettings(allow_expired=True)` skips only the dates.
      libwebsockets' `LCCSCF_ALLOW_EXPIRED` has no effect in 4.3.3 on Mbed TLS.

References:
    * RFC 5280 section 4.1.2.5
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe
from wssure.diagnose.chain import beyond_sent, names_of
from wssure.diagnose.view import certificate_with
from wssure.fixes import fix


@probe("compare this machine's clock (date -u) with the Date header of any HTTP answer (curl -sI http://example.com/)")
@cause("cert.expired", Fault.PEER, shows=("tls.certificate", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match the verification flag."""
    if evidence.is_server or "expired" not in evidence.flags:
        return None
    certificate = certificate_with(evidence, "expired")
    until = certificate.not_after
    which = names_of(certificate) or evidence.host or "the server"
    return Match(
        f"the certificate of {which} expired{f' on {until}' if until else ''}",
        fix("cert.anchor") if beyond_sent(evidence, certificate) else fix(match.id, peer=evidence.peer),
    )
