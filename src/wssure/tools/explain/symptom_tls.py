"""Map TLS symptoms to possible causes: bytes that are not TLS, errors of the local side, and received alerts."""

from typing import Final, TypeAlias

# The reason for each cause, most likely first: `CAUSE@likely` or `CAUSE@certain`, and `CAUSE` alone if it is only possible.
Causes: TypeAlias = dict[str, str]

_ALERT_40: Final = "alert 40 (handshake_failure) has several real causes, and the alert does not tell them apart"
REJECTED: Final = "an alert about a certificate, received by the side whose certificate it is"

TLS_SYMPTOMS: Final[dict[str, Causes]] = {
    # -- TLS: bytes that are not TLS
    "not-tls": {
        "tls.not-tls-http@likely": "the peer's first bytes are no TLS record; mostly the port speaks plain HTTP",
        "tls.not-tls-other": "or another protocol that greets first (SSH, SMTP)",
        "tls.record-buffer-too-small": "on small devices the same error means that a record does not fit the buffer",
    },
    "not-tls@server": {
        "ws.to-tls-port@likely": "what the client sent first is no TLS: ws:// or http:// to a TLS port",
        "tls.not-tls-other": "or another protocol, as scanners try",
    },
    "schannel-token": {
        "tls.not-tls-http": "what came was no TLS that Schannel understands; mostly the port speaks plain HTTP",
        "tls.no-common-params": "an alert may read the same",
        "tls.version": "or no version is common",
        "proxy.intercepts-tls": "or a device in the path answers in the server's place",
    },
    "another-client": {
        "tls.not-tls-other@likely": "a ClientHello came back: an echo service, or another client, is at that port"
    },
    "not-http-request@server": {
        "tls.not-tls-http@likely": "the client's first bytes are no HTTP request; mostly it speaks TLS (wss://) to this plain port",
        "tls.no-hello": "or a health check or scanner connected and went",
    },
    "http-on-tls-port": {"ws.to-tls-port@likely": "plain HTTP came to a TLS port"},
    # -- TLS: own side
    "verify-failed": {
        "cert.untrusted-root": "verification failed; the line does not say why",
        "cert.no-trust-store": "without a CA every server fails",
        "cert.hostname": "the name may not match",
        "cert.expired": "it may be expired, or the clock wrong",
        "cert.not-yet-valid": "a device's clock may stand at 1970",
        "cert.chain-incomplete": "the server may not send its intermediate",
        "cert.self-signed": "it may be self-signed",
        "cert.weak-key": "a key may be too short",
        "cert.weak-signature": "a signature may be too weak",
        "cert.purpose": "it may not be meant for a server",
        "cert.revoked": "it may be revoked",
        "cert.name-constraints": "a CA may not issue certificates for the name",
    },
    "name-and-chain": {
        "cert.self-signed": "neither its name nor its chain is right, as with a placeholder certificate",
        "tls.sni-missing": "a server shows its placeholder to a hello without a name",
        "cert.hostname": "it is for other names",
        "cert.untrusted-root": "and its chain leads to no trusted root",
        "proxy.intercepts-tls": "a device in the path may show its own",
    },
    "secure-failed": {
        "tls.version": "the handshake or the check of the certificate failed, and the line does not say which; old clients offer no TLS 1.2",
        "cert.untrusted-root": "the issuer may not be trusted here",
        "cert.hostname": "the name may not match",
        "cert.expired": "it may be expired, or the clock wrong",
        "tls.no-common-params": "or no cipher suite is common",
    },
    "revocation-unknown": {
        "cert.revoked": "whether the certificate was revoked could not be found out: its revocation server did not answer",
        "proxy.intercepts-tls": "certificates made by a company's inspecting proxy often name no revocation server",
        "proxy.forbidden": "or a proxy does not let the question through",
    },
    "libressl-unknown-ca": {
        "cert.untrusted-root": "LibreSSL's client says this where it does not trust the issuer itself",
        "cert.self-signed": "or the server's certificate is signed by itself",
        "tls.client-cert-rejected": "or the server sent alert 48 about the client's certificate",
    },
    "expired": {"cert.expired@likely": "the certificate is past its last day, or this clock is ahead"},
    "not-yet-valid": {"cert.not-yet-valid@likely": "the clock is behind, or the certificate is for later"},
    "date": {
        "cert.expired@likely": "the certificate's dates do not fit this clock",
        "cert.not-yet-valid": "or this clock is behind",
    },
    "self-signed": {
        "cert.self-signed@likely": "the server's own certificate is signed by itself",
        "tls.sni-missing": "a server shows its placeholder to a hello without a name",
    },
    "self-signed-in-chain": {
        "cert.untrusted-root@likely": "the chain ends in a root that is not trusted here",
        "proxy.intercepts-tls": "a company proxy may show its own",
    },
    "unknown-issuer": {
        "cert.untrusted-root@likely": "the issuer is not trusted here",
        "cert.chain-incomplete": "or the server does not send its intermediate",
        "cert.self-signed": "or the certificate is signed by itself",
        "cert.no-trust-store": "or this client has no CA at all",
        "proxy.intercepts-tls": "or a company proxy shows its own",
    },
    "no-local-issuer": {
        "cert.chain-incomplete@likely": "the issuer of the server's certificate was neither sent nor is known here",
        "cert.untrusted-root": "or the issuer is a root that is not trusted here",
        "cert.no-trust-store": "or this client has no CA at all",
    },
    "no-ca": {"cert.no-trust-store@likely": "this client has no CA to verify with"},
    "hostname": {
        "cert.hostname@likely": "the certificate is for other names",
        "tls.sni-missing": "a server shows its default certificate to a hello without a name",
        "cert.no-san": "a certificate without subjectAltName matches no name",
    },
    "no-san": {"cert.no-san@likely": "names stand only in the common name, which does not count"},
    "purpose": {"cert.purpose@likely": "the certificate is not meant for a server"},
    "strict": {"cert.strict@likely": "strict verification demands an extension that a certificate lacks"},
    "name-constraints": {
        "cert.name-constraints@likely": "a CA of the chain may not issue certificates for one of the names"
    },
    "path-length": {"cert.path-length@likely": "a CA of the chain allows fewer CA certificates below it"},
    "critical-extension": {"cert.critical-extension@likely": "a critical extension of a certificate is not processed"},
    "not-a-ca": {"cert.not-a-ca@likely": "a certificate that may not issue others issued one of the chain"},
    "bad-signature": {"cert.bad-signature@likely": "the signature does not fit the key of the CA of that name"},
    "malformed": {"cert.malformed@likely": "a certificate of the chain cannot be read"},
    "no-revocation-status": {
        "cert.no-revocation-status@likely": "a revocation list or answer is demanded and was not there or not valid"
    },
    "verification-refused": {"cert.refused@likely": "verification refused the certificate for the reason in the line"},
    "weak-key": {"cert.weak-key@likely": "a key in the chain is too short"},
    "weak-signature": {"cert.weak-signature@likely": "a certificate is signed with a broken hash"},
    "revoked": {"cert.revoked@likely": "the certificate was revoked"},
    "pin": {"cert.pin-mismatch@likely": "the key is none of the pinned ones"},
    "bad-certificate-other": {
        "cert.purpose": "the certificate breaks a rule",
        "cert.weak-signature": "it may be signed with a broken hash",
        "cert.malformed": "or it cannot be read",
    },
    "dh-too-small": {"tls.weak-dh@likely": "the server's Diffie-Hellman group is too small"},
    "illegal-parameter": {
        "stack.rsa-pss-refused": "Mbed TLS 3.6.6 and 4.1.0 refuse RSA-PSS in TLS 1.2 although they offer it",
        "tls.weak-dh": "or the server's Diffie-Hellman group is too small",
    },
    "renegotiation": {"tls.legacy-renegotiation@likely": "the server lacks secure renegotiation"},
    "own-version": {"tls.version@likely": "the versions of the two sides do not meet"},
    "own-no-cipher": {"tls.no-common-params@likely": "the two sides share no cipher suite"},
    "own-no-group": {"tls.no-common-group@likely": "the two sides share no key-exchange group"},
    "version-or-cipher": {
        "tls.version": "no common version or cipher suite; the line does not say which",
        "tls.no-common-params": "the cipher suites may not meet",
        "tls.no-common-group": "or the key-exchange groups",
        "tls.weak-dh": "or the server's group is too small",
        "tls.sni-missing": "servers also refuse hellos without a name like this",
    },
    "chromium-protocol": {
        "tls.not-tls-http": "the answer to the hello was wrong; mostly the port speaks plain HTTP",
        "tls.alpn": "alert 120 reads the same",
        "tls.not-tls-other": "or another protocol answers",
        "tls.sni-missing": "other alerts read the same",
    },
    "own-alpn": {"tls.alpn@likely": "no application protocol is common"},
    "bad-mac": {"tls.bad-record-mac@likely": "a record failed its integrity check"},
    "record-buffer": {"tls.record-buffer-too-small@likely": "a record does not fit the buffer"},
    "out-of-memory": {"tls.out-of-memory@likely": "memory could not be allocated"},
    "psa": {"stack.psa-not-initialised@likely": "the crypto core was not initialised (Mbed TLS 3.6.0 with TLS 1.3)"},
    "no-hostname": {
        "stack.no-hostname-set@likely": "the TLS layer was told to verify, and not whom to expect",
        "tls.sni-missing": "without that name no SNI goes out either",
    },
    "name-off": {
        "tls.sni-missing@likely": "the program says that it sends no server name, because its check of the certificate's name is off"
    },
    "no-client-cert": {"tls.client-cert-required@likely": "a client certificate was demanded and none came"},
    # -- alerts received
    # -- asked in words, not written by a program
    "asked-sni": {
        "tls.sni-missing@likely": "the question is about a ClientHello without a server name; in libwebsockets on Mbed TLS one flag removes it",
        "tls.sni-ip-literal": "an IP address as host sends no name, or the address itself",
        "tls.sni-filtered": "a device in the path may act on the name",
    },
    "skip-flag": {
        "tls.sni-missing@likely": "on Mbed TLS this flag of libwebsockets also removes the server name from the ClientHello",
        "cert.hostname": "on every library it hides that the certificate is for another name",
    },
    "relaxing-flag": {
        "cert.untrusted-root": "the flag hides that the CA of the server is not configured",
        "cert.self-signed": "or that the server's certificate is signed by itself",
        "cert.expired": "or that its dates do not fit this clock",
    },
    "alert-20": {"tls.bad-record-mac@likely": "alert 20 (bad_record_mac)"},
    "alert-22": {"tls.record-buffer-too-small@likely": "alert 22 (record_overflow)"},
    "alert-40": {
        "tls.no-common-params": _ALERT_40,
        "tls.sni-missing": "servers that need a name send alert 40 to hellos without one",
        "tls.client-cert-required": "TLS 1.2 servers send alert 40 where a client certificate is missing",
        "tls.version": "some servers send alert 40 where no version is common",
        "tls.no-common-group": "or where no key-exchange group is common",
        "tls.weak-dh": "or where only a small finite-field group remains",
    },
    "alert-42": {
        "tls.client-cert-required": REJECTED + "; servers send 42 also where none came",
        "tls.client-cert-rejected": REJECTED,
    },
    "alert-47": {
        "tls.sni-ip-literal": "alert 47 (illegal_parameter): an IP address in server_name is one",
        "tls.no-common-group": "or the groups do not meet",
    },
    "alert-50": {
        "tls.sni-malformed": "alert 50 (decode_error): a present and empty server_name is one",
        "tls.sni-ip-literal": "or an IP address in server_name",
    },
    "alert-49": {"tls.client-cert-rejected@likely": "alert 49 (access_denied)"},
    "alert-70": {"tls.version@likely": "alert 70 (protocol_version)"},
    "alert-71": {"tls.no-common-params@likely": "alert 71 (insufficient_security)"},
    "alert-80": {
        "tls.sni-missing": "alert 80 (internal_error): proxies send it where no name came or no site fits",
        "tls.sni-unknown": "or where the name is not served",
    },
    "alert-109": {"tls.sni-missing@likely": "alert 109 (missing_extension): the server demands server_name"},
    "alert-112": {
        "tls.sni-unknown@likely": "alert 112 (unrecognized_name)",
        "tls.sni-missing": "strict servers send it also where no name came",
        "tls.sni-ip-literal": "or for an IP address in server_name",
        "tls.sni-malformed": "or for a name that is none",
    },
    "alert-116": {"tls.client-cert-required@certain": "alert 116 (certificate_required)"},
    "alert-120": {"tls.alpn@likely": "alert 120 (no_application_protocol)"},
    "alert-any": {
        "tls.no-common-params": "a fatal alert came; the line does not say which",
        "tls.sni-missing": "servers that need a name refuse hellos without one",
        "tls.sni-unknown": "or the name is not served",
        "tls.version": "or no version is common",
        "tls.client-cert-required": "or a client certificate is missing",
        "tls.client-cert-rejected": "or it was refused",
        "tls.no-common-group": "or no group is common",
        "tls.alpn": "or no application protocol is common",
        "tls.weak-dh": "or the finite-field group is too small",
        "tls.sni-ip-literal": "or server_name holds an IP address",
        "tls.sni-malformed": "or server_name holds no name",
    },
    "alert-any@server": {
        "tls.peer-rejected-our-cert@likely": "in a server's log the alert is the client's: it refused our certificate",
        "tls.no-common-params": "or the client found nothing it can use",
    },
    "alert-40@server": {
        "tls.no-common-params": "the client found nothing it can use (alert 40)",
        "tls.peer-rejected-our-cert": "some clients send alert 40 where they refuse the certificate",
    },
    "alert-80@server": {
        "tls.peer-rejected-our-cert": "alert 80 (internal_error) from a client: mostly its check of our certificate failed to run",
        "tls.no-common-params": "or it found nothing it can use",
    },
    "alert-112@server": {
        "tls.sni-unknown@likely": "the client asked for a name this server does not serve",
        "tls.sni-missing": "or for none",
    },
    "handshake-failed@server": {
        "tls.peer-rejected-our-cert": "the handshake failed; the line does not say why: the client may refuse our certificate",
        "tls.version": "old clients have no common version",
        "tls.no-common-params": "or no common cipher suite",
        "tls.no-hello": "health checks and scanners send nothing, or no TLS",
        "ws.to-tls-port": "or plain HTTP",
    },
    "tls-without-site@server": {
        "tls.sni-missing": "this server has no site for a client that sends no name",
        "tls.sni-unknown": "or for the name that it sent",
    },
    "tls-without-site": {
        "tls.sni-missing": "this server has no site for a client that sends no name",
        "tls.sni-unknown": "or for the name that it sent",
    },
    "backend-tls": {
        "tls.not-tls-http": "the health check's handshake with the backend failed: it may speak plain HTTP",
        "cert.untrusted-root": "its certificate may come from a CA that is not given (verify required)",
        "tls.sni-missing": "the check sends no name unless it is told to",
        "cert.hostname": "or its certificate is for another name",
        "tls.version": "or no version is common",
        "tls.client-cert-required": "or it demands a client certificate",
    },
    "client-cert-refused": {"tls.client-cert-rejected@likely": "the client's certificate was refused"},
    "peer-refused-cert@server": {"tls.peer-rejected-our-cert@likely": "the client refused this server's certificate"},
}
