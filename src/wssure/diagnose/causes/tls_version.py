"""Client and server share no TLS version.

What happened:
    One side refused the handshake because of the protocol version: alert 70 (protocol_version) was sent or received, or
    our library refused the version selected by the server.

Why:
    An old server supports only TLS 1.0 and 1.1, which current libraries refuse; a strict server requires TLS 1.3 while
    the client supports at most 1.2, like libwebsockets 4.3.3 on Mbed TLS; or the range of `min_version` and
    `max_version` is too narrow.

Fix:
    * Test the versions: `wssure check URL --tls-max 1.2`, then `--tls-min 1.3`.
    * Widen your settings: `TLSSettings(min_version="TLSv1.2", max_version="TLSv1.3")`.
    * Old server: `ssl_protocols TLSv1.2 TLSv1.3;` (nginx), `ssl-min-ver TLSv1.2` (haproxy). wssure never offers TLS 1.0
      and 1.1 (RFC 8996).
    * Mbed TLS: TLS 1.3 needs `MBEDTLS_SSL_PROTO_TLS1_3`, on by default from 3.6.0, absent in 2.28.

References:
    * RFC 8446 sections 4.1.3, 4.2.1 and 6.2, RFC 8996
"""

from wssure.diagnose.cause import Evidence, Fault, Match, cause, probe
from wssure.facts import ServerHelloSeen, TlsDone, TlsSettingsUsed
from wssure.fixes import fix


@probe(
    "repeat with each TLS version alone (openssl s_client -connect ADDRESS:PORT -servername NAME -tls1_2, then -tls1_3)"
)
@cause("tls.version", Fault.UNKNOWN, shows=("settings.tls", "tls.client_hello", "tls.server_hello", "tls.alert"))
def match(evidence: Evidence) -> Match | None:
    """Match alert 70 in either direction, or our library's own refusal, before the handshake is done."""
    if TlsDone in evidence:
        return None  # The version was agreed on: a library also says so of a record that is no TLS.
    own = evidence.own_error == "unsupported-version"
    if not own and 70 not in evidence.refusals | evidence.sent_alerts:
        return None
    answer, settings = evidence.last(ServerHelloSeen), evidence.last(TlsSettingsUsed)
    if answer is not None and answer.version in evidence.hello.versions and 70 not in evidence.refusals:
        return None  # The server chose one that was offered: a library also says so of a later record that is no TLS.
    text = ", ".join(evidence.hello.versions) or "our versions"
    todo = None
    if settings is not None and (settings.max_version == "TLSv1.2" or settings.min_version == "TLSv1.3"):
        todo = fix("tls.version-widen")
    if evidence.is_server:
        return Match(f"the client offered {text}, and this server supports none of them", todo, fault=Fault.PEER)
    if 70 in evidence.refusals:
        return Match(f"{evidence.peer} speaks none of the versions we offer: {text} (alert 70, protocol_version)", todo)
    chosen = answer.version if answer is not None else None
    return Match(f"{evidence.peer} chose {chosen or 'a TLS version'} that we do not accept; we offer {text}", todo)
