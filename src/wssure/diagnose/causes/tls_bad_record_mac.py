"""A record failed its integrity check.

What happened:
    Alert 20 (bad_record_mac) was sent or received: a record was changed on the path, or the two sides use different
    keys.

Why:
    Faulty memory or network offload, a device on the path that changes bytes, a library used from two threads at once,
    or a crypto accelerator with a bug. OpenSSL's TLS 1.3 client also sends some of its alerts unencrypted, which Mbed
    TLS servers report as a failed MAC.

Fix:
    * Repeat from another machine and network. If the failure follows the machine: disable offloads (`ethtool -K eth0
      tso off gso off`).
    * ESP-IDF: try without hardware acceleration (`CONFIG_MBEDTLS_HARDWARE_AES=n`).
    * Never use one TLS object from two threads without a lock.

References:
    * RFC 8446 sections 5.2 and 6.2
"""

from wssure.diagnose.cause import LIKELY, POSSIBLE, Evidence, Fault, Match, cause, probe


@probe("repeat the same handshake over another path")
@cause("tls.bad-record-mac", Fault.PATH, transient=True, shows=("tls.alert", "tls.library"))
def match(evidence: Evidence) -> Match | None:
    """Match alert 20 in either direction, or our own library's word."""
    own = evidence.own_error == "bad-record-mac"
    if 20 in evidence.refusals:
        return Match(f"{evidence.peer} could not verify a record of ours: alert 20 (bad_record_mac)", None, LIKELY)
    if own or 20 in evidence.sent_alerts:
        return Match(
            "a record of the peer's failed its integrity check: bytes were altered, or the keys differ", None, LIKELY
        )
    # Other bytes than TLS records, or, from OpenSSL 3.2 on, any record that the library refused.
    if evidence.own_error == "refused-record":
        summary = "our library refused a record of the peer's: its bytes were altered, the keys differ, or it is no TLS"
        return Match(summary, None, POSSIBLE)
    return None
