"""The server does not support secure renegotiation.

What happened:
    The server's TLS 1.2 answer has no renegotiation_info extension, and our library refuses to continue. OpenSSL 3
    reports "unsafe legacy renegotiation disabled".

Why:
    A TLS stack older than 2010, or an old appliance on the path.

Fix:
    * Update the server or the appliance.
    * As a last resort, for that one server only, a stdlib context with `ssl.OP_LEGACY_SERVER_CONNECT` as `tls=`; it
      exposes the connection to a known attack. SNI and verification are unchanged.

References:
    * RFC 5746 section 3.4, CVE-2009-3555
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe


@probe("repeat with a stack that does not require it")
@cause("tls.legacy-renegotiation", Fault.PEER, shows=("tls.server_hello", "tls.library"))
def match(evidence: Evidence) -> Match | None:
    """Match our library's own refusal."""
    if evidence.own_error != "no-safe-renegotiation":
        return None
    return Match(f"{evidence.peer} does not support secure renegotiation, and this side requires it")
