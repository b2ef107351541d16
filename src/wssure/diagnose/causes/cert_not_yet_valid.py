"""The certificate is not valid yet, or this machine's clock is behind.

What happened:
    The validity of a certificate in the chain begins in the future, according to the clock of this machine.

Why:
    Almost always the clock: a device without a battery starts in 1970 or 2000, or at the firmware's build date, and
    connects before it sets the time. Rarely, the certificate was issued for later use.

Fix:
    * Set the clock before TLS. ESP-IDF: `esp_netif_sntp_init(...)` and `esp_netif_sntp_sync_wait(...)` before
      connecting; Linux: `timedatectl`.
    * If the clock was wrong when the certificate was issued: issue it again.

References:
    * RFC 5280 section 4.1.2.5
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe
from wssure.diagnose.chain import names_of
from wssure.diagnose.view import certificate_with


@probe("compare this machine's clock (date -u) with the Date header of any HTTP answer (curl -sI http://example.com/)")
@cause("cert.not-yet-valid", Fault.CALLER, shows=("tls.certificate", "tls.verify"))
def match(evidence: Evidence) -> Match | None:
    """Match the verification flag."""
    if evidence.is_server or "not-yet-valid" not in evidence.flags:
        return None
    certificate = certificate_with(evidence, "not-yet-valid")
    since = certificate.not_before
    which = names_of(certificate) or evidence.host or "the server"
    return Match(
        f"the certificate of {which} is not valid before {since or 'a later date'}, and this machine's clock is earlier"
    )
