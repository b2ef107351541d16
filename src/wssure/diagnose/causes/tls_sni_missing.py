"""The ClientHello has no server name (SNI), and the server needs one.

What happened:
    The server_name extension (SNI) of the hello was absent, or present and empty. A server that hosts several names
    cannot select the site. Some servers close or reset the connection without an alert, some send alert 40, 80, 109 or
    112, some present the certificate of their default site (so that the name check fails), some answer 421 in HTTP.

Why:
    * libwebsockets on Mbed TLS with `LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK`: address and host are correct, but no name
      is sent, because the only call of `mbedtls_ssl_set_hostname()` is made if that flag is absent (2.4.0 to 5.0.0;
      main of August 2026 too). On OpenSSL the flag does not affect SNI. An upgrade does not help.
    * The host is an IP address: RFC 6066 does not allow one in SNI, so correct clients send no SNI. With a bare IPv6
      literal or an empty host, libwebsockets on Mbed TLS sends an empty extension.
    * SNI is compiled out: `MBEDTLS_SSL_SERVER_NAME_INDICATION` is not set.
    * The call that sets the name is missing, or its error was ignored: `mbedtls_ssl_set_hostname()`,
      `SSL_set_tlsext_host_name()`, `server_hostname=` in Python's ssl.
    * openssl s_client 3.0 sends none for a single-label name such as localhost: add `-servername`.

Fix:
    * libwebsockets with Mbed TLS: remove the flag and configure a CA, because Mbed TLS has no default store:
      `i.ssl_connection = LCCSCF_USE_SSL;` and `info.client_ssl_ca_filepath = "ca.pem";` (or `client_ssl_ca_mem`).
      Keep `i.host = i.address` a DNS name. Do not call `mbedtls_ssl_set_hostname()` on its internals instead: that uses
      private state, works for one backend, and fails after an upgrade.
    * The host is an IP address: use the name in the URL and the IP as address: `connect("wss://NAME/",
      address="192.0.2.7")`; libwebsockets: `i.address = "192.0.2.7"; i.host = "NAME";`.
    * Mbed TLS: `#define MBEDTLS_SSL_SERVER_NAME_INDICATION`, then `mbedtls_ssl_set_hostname(&ssl, "NAME")`, with a
      check of the result.
    * ESP-IDF: leave `.skip_cert_common_name_check` false and set `.cert_common_name` or a DNS name in `.uri`.
    * Server that should accept clients without SNI: configure a default site.

References:
    * RFC 6066 section 3, RFC 8446 section 9.2 (alert 109), RFC 9110 section 15.5.20 (421)
    * warmcat/libwebsockets issue 3331; 4.3.3 lib/tls/mbedtls/mbedtls-client.c lines 116-124
"""

from wssure.diagnose.cause import CERTAIN, LIKELY, Evidence, Match, alternative, cause, probe
from wssure.diagnose.view import refused_site
from wssure.evidence import Alternative, Confidence, Fault, Stage
from wssure.facts import CertificateRequested, NotTlsSeen
from wssure.fixes import Fix, fix

_REFUSALS = {40: "handshake_failure", 80: "internal_error", 109: "missing_extension", 112: "unrecognized_name"}


@probe(
    "repeat on the same address with SNI and without: with a name it works, without it fails the same way (openssl s_client -connect ADDRESS:PORT -servername NAME, then -noservername)"
)
@cause(
    "tls.sni-missing",
    Fault.CALLER,
    shows=("tls.client_hello", "tls.alert", "tls.eof", "os.error", "tls.certificate", "tls.site", "http.response"),
)
def match(evidence: Evidence) -> Match | None:
    """Match a hello without a name that was refused, dropped, or answered with another name's certificate."""
    if not evidence.lacks_sni or NotTlsSeen in evidence:
        return None
    how = "present and empty" if evidence.hello.server_name == "" else "absent"
    if evidence.is_server:
        return _as_server(evidence, how)
    refusal = next((number for number in (112, 109, 40, 80) if number in evidence.refusals), None)
    if refusal is not None and CertificateRequested not in evidence:
        confidence = CERTAIN if refusal == 112 else LIKELY
        return _match_answer(
            evidence, how, f"alert {refusal} ({_REFUSALS[refusal]})", confidence, _alternatives(evidence, refusal)
        )
    if evidence.closed_in_handshake and not evidence.answered:
        return _match_answer(
            evidence,
            how,
            "a reset" if evidence.lost else "a close without an alert",
            LIKELY,
            _alternatives(evidence, 0),
        )
    if evidence.name_mismatch and not evidence.is_server:
        names = ", ".join(evidence.presented[:4])
        shown = f"a certificate for {names}" if names else "a certificate for another name"
        return _match_answer(
            evidence, how, shown, LIKELY, (alternative("cert.hostname", f"it may have only a certificate for {names}"),)
        )
    if evidence.status == 421:
        return _match_answer(evidence, how, "421 Misdirected Request", LIKELY, (), Stage.UPGRADE)
    return None


def _as_server(evidence: Evidence, how: str) -> Match | None:
    if refused_site(evidence) != "no-name":
        return None
    return Match(
        f"the client's ClientHello has no server name (server_name is {how}), and this server requires one",
        fix("client.send-name"),
        fault=Fault.PEER,
    )


def _match_answer(
    evidence: Evidence,
    how: str,
    answer: str,
    confidence: Confidence,
    others: tuple[Alternative, ...],
    stage: Stage | None = None,
) -> Match:
    return Match(
        f"our ClientHello has no server name (server_name is {how}), and {evidence.peer} answered with {answer}",
        fix_for(evidence),
        confidence,
        others,
        stage=stage,
    )


def fix_for(evidence: Evidence) -> Fix:
    """Return the fix: a way to send a name from this client."""
    if evidence.host_is_ip:
        return fix("tls.sni-name-it", url=evidence.url_of("NAME"), host=evidence.host, **evidence.dialled)
    return fix("tls.sni-send")


def _alternatives(evidence: Evidence, refusal: int) -> tuple[Alternative, ...]:
    if refusal in (109, 112):
        return ()
    offered = ", ".join(evidence.hello.versions)
    version = alternative(
        "tls.version", f"the hello offers {offered}" if offered else "the server may not support the offered versions"
    )
    if refusal:
        return (
            alternative("tls.no-common-params", "alert 40 is also sent if there is no common cipher suite"),
            version,
        )
    silent = "tcp.reset-in-handshake" if evidence.lost else "tls.eof-in-handshake"
    return (alternative(silent, "the server may drop every hello, with and without a name"), version)
