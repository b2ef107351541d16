"""What a reported symptom can come from: the common ground below the wordings of thirty libraries.

A text shows one side's last words, never the bytes, so most symptoms allow several causes. `certain` stands only where the
words are the cause, as with an HTTP status.
"""

from __future__ import annotations

from typing import Final

from wssure.diagnose.cause import CERTAIN, LIKELY, POSSIBLE
from wssure.evidence import Confidence

__all__ = ["Guess", "guesses"]

Guess = tuple[str, Confidence, str]

_CLOSED: Final = "the other end closed before the handshake was done, and this line does not say why"
_ALERT_40: Final = "alert 40 (handshake_failure) has several real causes, and the alert does not tell them apart"
_REJECTED: Final = "an alert about a certificate, received by the side whose certificate it is"

_SYMPTOMS: Final[dict[str, tuple[Guess, ...]]] = {
    # -- name service and TCP
    "no-such-name": (
        ("dns.nxdomain", LIKELY, "the resolver knows no such name"),
        ("dns.url-as-name", POSSIBLE, "a URL, path or port given as the name reads the same"),
        ("dns.timeout", POSSIBLE, "some libraries say the same where the resolver did not answer"),
        ("dns.no-aaaa-or-a", POSSIBLE, "or the name exists without an address of the wanted family"),
    ),
    "no-address": (("dns.no-aaaa-or-a", LIKELY, "the name exists, without an address of the wanted family"),),
    "resolver-silent": (("dns.timeout", LIKELY, "the resolver did not answer"),),
    "refused": (("tcp.refused", CERTAIN, "the connection was refused: nobody listens there"),),
    "unreachable": (("tcp.unreachable", CERTAIN, "there is no route to the address"),),
    "connect-timeout": (
        ("tcp.timeout", LIKELY, "the connection did not come about in time"),
        ("tls.timeout-after-hello", POSSIBLE, "some clients say the same where TLS is not answered"),
        ("tcp.v6-broken", POSSIBLE, "one address family may be broken and the other work"),
    ),
    "connect-failed": (
        ("tcp.refused", POSSIBLE, "the connection did not come about; the line does not say how"),
        ("tcp.timeout", POSSIBLE, "the address may not answer at all"),
        ("dns.nxdomain", POSSIBLE, "the name may not resolve"),
        ("tcp.unreachable", POSSIBLE, "there may be no route"),
        ("http.redirect", POSSIBLE, "a redirect that leads nowhere ends in the same words"),
    ),
    "not-connected": (
        ("tcp.refused", POSSIBLE, "the connection did not come about; a fast failure is mostly a refusal"),
        ("tcp.timeout", POSSIBLE, "a failure after many seconds is an address that does not answer"),
        ("tcp.unreachable", POSSIBLE, "or there is no route to it"),
        ("tcp.v6-broken", POSSIBLE, "one address family may be broken and the other work"),
    ),
    "closed-channel": (
        ("tcp.refused", LIKELY, "Java's client says this where the connection is refused"),
        ("tls.eof-in-handshake", POSSIBLE, "and where the peer closes before it is up"),
    ),
    "socketio-refused": (
        (
            "cert.untrusted-root",
            POSSIBLE,
            "python-socketio says this of every failure, also of one to verify the server",
        ),
        ("tcp.refused", POSSIBLE, "or nobody listens there"),
        ("cert.no-trust-store", POSSIBLE, "or this client has no CA at all"),
        ("cert.self-signed", POSSIBLE, "or the server's certificate is signed by itself"),
        ("cert.hostname", POSSIBLE, "or it is for another name"),
        ("http.404", POSSIBLE, "or the path is wrong"),
        ("dns.nxdomain", POSSIBLE, "or the name does not resolve"),
    ),
    "browser-hidden": (
        (
            "cert.untrusted-root",
            POSSIBLE,
            "a browser tells a page nothing of why; open https:// with the same name and port in a tab",
        ),
        ("cert.self-signed", POSSIBLE, "for a wss:// connection it never asks whether to go on"),
        ("cert.hostname", POSSIBLE, "the name may not match"),
        ("tcp.refused", POSSIBLE, "nobody may listen there"),
        ("tls.not-tls-http", POSSIBLE, "the port may speak plain HTTP"),
        ("http.400", POSSIBLE, "or the upgrade was refused"),
    ),
    "timeout": (
        ("tcp.timeout", POSSIBLE, "time ran out; the line does not say in which step"),
        ("tls.timeout-after-hello", POSSIBLE, "the handshake may not have been answered"),
        ("http.timeout", POSSIBLE, "the upgrade may not have been answered"),
        ("tls.large-hello-dropped", POSSIBLE, "a hello larger than one packet may be lost on the way"),
        ("tcp.v6-broken", POSSIBLE, "one address family may be broken and the other work"),
        ("proxy.timeout", POSSIBLE, "a proxy may not answer"),
    ),
    "handshake-timeout": (
        ("tls.timeout-after-hello", LIKELY, "TCP stood and the ClientHello was not answered"),
        ("tls.large-hello-dropped", POSSIBLE, "a hello larger than one packet may be lost on the way"),
        ("tls.sni-filtered", POSSIBLE, "a filter may swallow hellos by their server name"),
        ("tcp.v6-broken", POSSIBLE, "one address family may be broken and the other work"),
    ),
    "opening-timeout": (
        ("http.timeout", POSSIBLE, "the opening handshake took too long; the line does not say in which step"),
        ("tls.timeout-after-hello", POSSIBLE, "TLS may not have been answered"),
        ("tcp.timeout", POSSIBLE, "the address may not answer"),
    ),
    "reset": (
        (
            "tcp.reset-in-handshake",
            POSSIBLE,
            "a reset says nothing by itself; during the handshake it is often a filter or a policy",
        ),
        ("tls.sni-missing", POSSIBLE, "servers that need a name may reset hellos without one"),
        ("tls.sni-filtered", POSSIBLE, "a filter may reset connections by their server name"),
        ("tls.large-hello-dropped", POSSIBLE, "a device may reset a hello that spans two packets"),
        ("ws.to-tls-port", POSSIBLE, "a TLS server resets or closes where it gets plain HTTP"),
        (
            "tls.client-cert-required",
            POSSIBLE,
            "in TLS 1.3 a missing client certificate is refused after the handshake",
        ),
        ("ws.1006", POSSIBLE, "or the open connection was lost"),
    ),
    "reset@server": (
        ("tcp.reset-in-handshake", POSSIBLE, "the client reset the connection, and this line does not say why"),
        ("tls.peer-rejected-our-cert", POSSIBLE, "clients that refuse the certificate may reset without an alert"),
        ("tls.no-hello", POSSIBLE, "health checks and scanners reset"),
        ("ws.1006", POSSIBLE, "or an open connection was lost"),
    ),
    "handshake-timeout@server": (
        ("tls.no-hello", POSSIBLE, "the client connected and did not finish, or not even begin, the handshake"),
        ("tls.large-hello-dropped", POSSIBLE, "a hello larger than one packet may be lost on the way"),
        ("tls.timeout-after-hello", POSSIBLE, "or our answer does not reach it"),
    ),
    "eof-handshake@server": (
        (
            "tls.eof-in-handshake",
            POSSIBLE,
            "the client went before the handshake was done, and this line does not say why",
        ),
        ("tls.peer-rejected-our-cert", POSSIBLE, "clients that refuse the certificate may close without an alert"),
        ("tls.no-hello", POSSIBLE, "health checks and scanners connect and close"),
        ("tls.version", POSSIBLE, "old clients close where no version is common"),
    ),
    "reset-handshake": (
        ("tcp.reset-in-handshake", LIKELY, "the connection was reset during the handshake"),
        ("tls.sni-missing", POSSIBLE, "servers that need a name may reset hellos without one"),
        ("tls.sni-filtered", POSSIBLE, "a filter may reset connections by their server name"),
        ("tls.large-hello-dropped", POSSIBLE, "a device may reset a hello that spans two packets"),
        ("tls.eof-in-handshake", POSSIBLE, "some libraries call a plain close a reset"),
    ),
    "broken-pipe": (
        (
            "tls.client-cert-required",
            POSSIBLE,
            "the peer closed while we wrote, as servers do that miss a client certificate",
        ),
        ("tcp.reset-in-handshake", POSSIBLE, "the peer reset the connection"),
        ("ws.1006", POSSIBLE, "or the open connection was lost"),
    ),
    "eof-handshake": (
        ("tls.eof-in-handshake", LIKELY, _CLOSED),
        ("tls.sni-missing", POSSIBLE, "servers that need a name close hellos without one"),
        ("tls.sni-unknown", POSSIBLE, "servers may close on a name they do not serve"),
        ("tls.version", POSSIBLE, "old servers close on versions they do not know"),
        ("tls.not-tls-http", POSSIBLE, "a plain HTTP or WebSocket server may close on a TLS hello without a word"),
    ),
    "eof": (
        ("tls.eof-in-handshake", POSSIBLE, _CLOSED),
        ("http.eof", POSSIBLE, "or it closed instead of answering the upgrade"),
        ("tls.sni-missing", POSSIBLE, "servers that need a name close hellos without one"),
        ("proxy.eof", POSSIBLE, "or a proxy closed on CONNECT"),
    ),
    # -- TLS: what is not TLS
    "not-tls": (
        ("tls.not-tls-http", LIKELY, "the peer's first bytes are no TLS record; mostly the port speaks plain HTTP"),
        ("tls.not-tls-other", POSSIBLE, "or another protocol that greets first (SSH, SMTP)"),
        (
            "tls.record-buffer-too-small",
            POSSIBLE,
            "on small devices the same error means that a record does not fit the buffer",
        ),
    ),
    "not-tls@server": (
        ("ws.to-tls-port", LIKELY, "what the client sent first is no TLS: ws:// or http:// to a TLS port"),
        ("tls.not-tls-other", POSSIBLE, "or another protocol, as scanners try"),
    ),
    "schannel-token": (
        (
            "tls.not-tls-http",
            POSSIBLE,
            "what came was no TLS that Schannel understands; mostly the port speaks plain HTTP",
        ),
        ("tls.no-common-params", POSSIBLE, "an alert may read the same"),
        ("tls.version", POSSIBLE, "or no version is common"),
        ("proxy.intercepts-tls", POSSIBLE, "or a device in the path answers in the server's place"),
    ),
    "another-client": (
        ("tls.not-tls-other", LIKELY, "a ClientHello came back: an echo service, or another client, is at that port"),
    ),
    "not-http-request@server": (
        (
            "tls.not-tls-http",
            LIKELY,
            "the client's first bytes are no HTTP request; mostly it speaks TLS (wss://) to this plain port",
        ),
        ("tls.no-hello", POSSIBLE, "or a health check or scanner connected and went"),
    ),
    "http-on-tls-port": (("ws.to-tls-port", LIKELY, "plain HTTP came to a TLS port"),),
    # -- TLS: own side
    "verify-failed": (
        ("cert.untrusted-root", POSSIBLE, "verification failed; the line does not say why"),
        ("cert.no-trust-store", POSSIBLE, "without a CA every server fails"),
        ("cert.hostname", POSSIBLE, "the name may not match"),
        ("cert.expired", POSSIBLE, "it may be expired, or the clock wrong"),
        ("cert.not-yet-valid", POSSIBLE, "a device's clock may stand at 1970"),
        ("cert.chain-incomplete", POSSIBLE, "the server may not send its intermediate"),
        ("cert.self-signed", POSSIBLE, "it may be self-signed"),
        ("cert.weak-key", POSSIBLE, "a key may be too short"),
        ("cert.weak-signature", POSSIBLE, "a signature may be too weak"),
        ("cert.purpose", POSSIBLE, "it may not be meant for a server"),
        ("cert.revoked", POSSIBLE, "it may be revoked"),
    ),
    "name-and-chain": (
        ("cert.self-signed", POSSIBLE, "neither its name nor its chain is right, as with a placeholder certificate"),
        ("tls.sni-missing", POSSIBLE, "a server shows its placeholder to a hello without a name"),
        ("cert.hostname", POSSIBLE, "it is for other names"),
        ("cert.untrusted-root", POSSIBLE, "and its chain leads to no trusted root"),
        ("proxy.intercepts-tls", POSSIBLE, "a device in the path may show its own"),
    ),
    "winhttp-secure": (
        (
            "tls.version",
            POSSIBLE,
            "the handshake or the check of the certificate failed; older Windows and .NET offer no TLS 1.2",
        ),
        ("cert.untrusted-root", POSSIBLE, "the issuer may not be trusted here"),
        ("cert.hostname", POSSIBLE, "the name may not match"),
        ("cert.expired", POSSIBLE, "it may be expired, or the clock wrong"),
        ("tls.no-common-params", POSSIBLE, "or no cipher suite is common"),
    ),
    "revocation-unknown": (
        (
            "cert.revoked",
            POSSIBLE,
            "whether the certificate was revoked could not be found out: its revocation server did not answer",
        ),
        (
            "proxy.intercepts-tls",
            POSSIBLE,
            "certificates made by a company's inspecting proxy often name no revocation server",
        ),
        ("proxy.forbidden", POSSIBLE, "or a proxy does not let the question through"),
    ),
    "libressl-unknown-ca": (
        ("cert.untrusted-root", POSSIBLE, "LibreSSL's client says this where it does not trust the issuer itself"),
        ("cert.self-signed", POSSIBLE, "or the server's certificate is signed by itself"),
        ("tls.client-cert-rejected", POSSIBLE, "or the server sent alert 48 about the client's certificate"),
    ),
    "expired": (("cert.expired", LIKELY, "the certificate is past its last day, or this clock is ahead"),),
    "not-yet-valid": (("cert.not-yet-valid", LIKELY, "the clock is behind, or the certificate is for later"),),
    "date": (
        ("cert.expired", LIKELY, "the certificate's dates do not fit this clock"),
        ("cert.not-yet-valid", POSSIBLE, "or this clock is behind"),
    ),
    "self-signed": (
        ("cert.self-signed", LIKELY, "the server's own certificate is signed by itself"),
        ("tls.sni-missing", POSSIBLE, "a server shows its placeholder to a hello without a name"),
    ),
    "self-signed-in-chain": (
        ("cert.untrusted-root", LIKELY, "the chain ends in a root that is not trusted here"),
        ("proxy.intercepts-tls", POSSIBLE, "a company proxy may show its own"),
    ),
    "unknown-issuer": (
        ("cert.untrusted-root", LIKELY, "the issuer is not trusted here"),
        ("cert.chain-incomplete", POSSIBLE, "or the server does not send its intermediate"),
        ("cert.self-signed", POSSIBLE, "or the certificate is signed by itself"),
        ("cert.no-trust-store", POSSIBLE, "or this client has no CA at all"),
        ("proxy.intercepts-tls", POSSIBLE, "or a company proxy shows its own"),
    ),
    "no-local-issuer": (
        ("cert.chain-incomplete", LIKELY, "the issuer of the server's certificate was neither sent nor is known here"),
        ("cert.untrusted-root", POSSIBLE, "or the issuer is a root that is not trusted here"),
        ("cert.no-trust-store", POSSIBLE, "or this client has no CA at all"),
    ),
    "no-ca": (("cert.no-trust-store", LIKELY, "this client has no CA to verify with"),),
    "hostname": (
        ("cert.hostname", LIKELY, "the certificate is for other names"),
        ("tls.sni-missing", POSSIBLE, "a server shows its default certificate to a hello without a name"),
        ("cert.no-san", POSSIBLE, "a certificate without subjectAltName matches no name"),
    ),
    "no-san": (("cert.no-san", LIKELY, "names stand only in the common name, which does not count"),),
    "purpose": (("cert.purpose", LIKELY, "the certificate is not meant for a server"),),
    "weak-key": (("cert.weak-key", LIKELY, "a key in the chain is too short"),),
    "weak-signature": (("cert.weak-signature", LIKELY, "a certificate is signed with a broken hash"),),
    "revoked": (("cert.revoked", LIKELY, "the certificate was revoked"),),
    "pin": (("cert.pin-mismatch", LIKELY, "the key is none of the pinned ones"),),
    "bad-certificate-other": (
        ("cert.purpose", POSSIBLE, "the certificate breaks a rule"),
        ("cert.weak-signature", POSSIBLE, "it may be signed with a broken hash"),
    ),
    "dh-too-small": (("tls.weak-dh", LIKELY, "the server's Diffie-Hellman group is too small"),),
    "renegotiation": (("tls.legacy-renegotiation", LIKELY, "the server lacks secure renegotiation"),),
    "own-version": (("tls.version", LIKELY, "the versions of the two sides do not meet"),),
    "own-no-cipher": (("tls.no-common-params", LIKELY, "the two sides share no cipher suite"),),
    "own-no-group": (("tls.no-common-group", LIKELY, "the two sides share no key-exchange group"),),
    "version-or-cipher": (
        ("tls.version", POSSIBLE, "no common version or cipher suite; the line does not say which"),
        ("tls.no-common-params", POSSIBLE, "the cipher suites may not meet"),
        ("tls.no-common-group", POSSIBLE, "or the key-exchange groups"),
        ("tls.weak-dh", POSSIBLE, "or the server's group is too small"),
        ("tls.sni-missing", POSSIBLE, "servers also refuse hellos without a name like this"),
    ),
    "chromium-protocol": (
        ("tls.not-tls-http", POSSIBLE, "the answer to the hello was wrong; mostly the port speaks plain HTTP"),
        ("tls.alpn", POSSIBLE, "alert 120 reads the same"),
        ("tls.not-tls-other", POSSIBLE, "or another protocol answers"),
        ("tls.sni-missing", POSSIBLE, "other alerts read the same"),
    ),
    "own-alpn": (("tls.alpn", LIKELY, "no application protocol is common"),),
    "bad-mac": (("tls.bad-record-mac", LIKELY, "a record failed its integrity check"),),
    "record-buffer": (("tls.record-buffer-too-small", LIKELY, "a record does not fit the buffer"),),
    "out-of-memory": (("tls.out-of-memory", LIKELY, "memory could not be allocated"),),
    "psa": (
        ("stack.psa-not-initialised", LIKELY, "the crypto core was not initialised (Mbed TLS 3.6.0 with TLS 1.3)"),
    ),
    "no-hostname": (
        ("stack.no-hostname-set", LIKELY, "the TLS layer was told to verify, and not whom to expect"),
        ("tls.sni-missing", POSSIBLE, "without that name no SNI goes out either"),
    ),
    "no-client-cert": (("tls.client-cert-required", LIKELY, "a client certificate was demanded and none came"),),
    # -- alerts received
    "alert-20": (("tls.bad-record-mac", LIKELY, "alert 20 (bad_record_mac)"),),
    "alert-22": (("tls.record-buffer-too-small", LIKELY, "alert 22 (record_overflow)"),),
    "alert-40": (
        ("tls.no-common-params", POSSIBLE, _ALERT_40),
        ("tls.sni-missing", POSSIBLE, "servers that need a name send alert 40 to hellos without one"),
        ("tls.client-cert-required", POSSIBLE, "TLS 1.2 servers send alert 40 where a client certificate is missing"),
        ("tls.version", POSSIBLE, "some servers send alert 40 where no version is common"),
        ("tls.no-common-group", POSSIBLE, "or where no key-exchange group is common"),
        ("tls.weak-dh", POSSIBLE, "or where only a small finite-field group remains"),
    ),
    "alert-42": (
        ("tls.client-cert-required", POSSIBLE, _REJECTED + "; servers send 42 also where none came"),
        ("tls.client-cert-rejected", POSSIBLE, _REJECTED),
    ),
    "alert-47": (
        ("tls.sni-ip-literal", POSSIBLE, "alert 47 (illegal_parameter): an IP address in server_name is one"),
        ("tls.no-common-group", POSSIBLE, "or the groups do not meet"),
    ),
    "alert-50": (
        ("tls.sni-malformed", POSSIBLE, "alert 50 (decode_error): a present and empty server_name is one"),
        ("tls.sni-ip-literal", POSSIBLE, "or an IP address in server_name"),
    ),
    "alert-49": (("tls.client-cert-rejected", LIKELY, "alert 49 (access_denied)"),),
    "alert-70": (("tls.version", LIKELY, "alert 70 (protocol_version)"),),
    "alert-71": (("tls.no-common-params", LIKELY, "alert 71 (insufficient_security)"),),
    "alert-80": (
        ("tls.sni-missing", POSSIBLE, "alert 80 (internal_error): proxies send it where no name came or no site fits"),
        ("tls.sni-unknown", POSSIBLE, "or where the name is not served"),
    ),
    "alert-109": (("tls.sni-missing", LIKELY, "alert 109 (missing_extension): the server demands server_name"),),
    "alert-112": (
        ("tls.sni-unknown", LIKELY, "alert 112 (unrecognized_name)"),
        ("tls.sni-missing", POSSIBLE, "strict servers send it also where no name came"),
        ("tls.sni-ip-literal", POSSIBLE, "or for an IP address in server_name"),
        ("tls.sni-malformed", POSSIBLE, "or for a name that is none"),
    ),
    "alert-116": (("tls.client-cert-required", CERTAIN, "alert 116 (certificate_required)"),),
    "alert-120": (("tls.alpn", LIKELY, "alert 120 (no_application_protocol)"),),
    "alert-any": (
        ("tls.no-common-params", POSSIBLE, "a fatal alert came; the line does not say which"),
        ("tls.sni-missing", POSSIBLE, "servers that need a name refuse hellos without one"),
        ("tls.sni-unknown", POSSIBLE, "or the name is not served"),
        ("tls.version", POSSIBLE, "or no version is common"),
        ("tls.client-cert-required", POSSIBLE, "or a client certificate is missing"),
        ("tls.client-cert-rejected", POSSIBLE, "or it was refused"),
        ("tls.no-common-group", POSSIBLE, "or no group is common"),
        ("tls.alpn", POSSIBLE, "or no application protocol is common"),
        ("tls.weak-dh", POSSIBLE, "or the finite-field group is too small"),
        ("tls.sni-ip-literal", POSSIBLE, "or server_name holds an IP address"),
        ("tls.sni-malformed", POSSIBLE, "or server_name holds no name"),
    ),
    "alert-any@server": (
        (
            "tls.peer-rejected-our-cert",
            LIKELY,
            "in a server's log the alert is the client's: it refused our certificate",
        ),
        ("tls.no-common-params", POSSIBLE, "or the client found nothing it can use"),
    ),
    "alert-40@server": (
        ("tls.no-common-params", POSSIBLE, "the client found nothing it can use (alert 40)"),
        ("tls.peer-rejected-our-cert", POSSIBLE, "some clients send alert 40 where they refuse the certificate"),
    ),
    "alert-80@server": (
        (
            "tls.peer-rejected-our-cert",
            POSSIBLE,
            "alert 80 (internal_error) from a client: mostly its check of our certificate failed to run",
        ),
        ("tls.no-common-params", POSSIBLE, "or it found nothing it can use"),
    ),
    "alert-112@server": (
        ("tls.sni-unknown", LIKELY, "the client asked for a name this server does not serve"),
        ("tls.sni-missing", POSSIBLE, "or for none"),
    ),
    "handshake-failed@server": (
        (
            "tls.peer-rejected-our-cert",
            POSSIBLE,
            "the handshake failed; the line does not say why: the client may refuse our certificate",
        ),
        ("tls.version", POSSIBLE, "old clients have no common version"),
        ("tls.no-common-params", POSSIBLE, "or no common cipher suite"),
        ("tls.no-hello", POSSIBLE, "health checks and scanners send nothing, or no TLS"),
        ("ws.to-tls-port", POSSIBLE, "or plain HTTP"),
    ),
    "tls-without-site@server": (
        ("tls.sni-missing", POSSIBLE, "there is no certificate for a client that sends no name"),
        ("tls.sni-unknown", POSSIBLE, "or for the name that it sent"),
    ),
    "tls-without-site": (
        ("tls.sni-missing", POSSIBLE, "there is no certificate for a client that sends no name"),
        ("tls.sni-unknown", POSSIBLE, "or for the name that it sent"),
    ),
    "backend-tls": (
        ("tls.not-tls-http", POSSIBLE, "the health check's handshake with the backend failed: it may speak plain HTTP"),
        ("cert.untrusted-root", POSSIBLE, "its certificate may come from a CA that is not given (verify required)"),
        ("tls.sni-missing", POSSIBLE, "the check sends no name unless it is told to"),
        ("cert.hostname", POSSIBLE, "or its certificate is for another name"),
        ("tls.version", POSSIBLE, "or no version is common"),
        ("tls.client-cert-required", POSSIBLE, "or it demands a client certificate"),
    ),
    "client-cert-refused": (("tls.client-cert-rejected", LIKELY, "the client's certificate was refused"),),
    "peer-refused-cert@server": (
        ("tls.peer-rejected-our-cert", LIKELY, "the client refused this server's certificate"),
    ),
    # -- HTTP, proxy, WebSocket
    "http-eof": (
        ("http.eof", LIKELY, "closed without a complete answer to the upgrade"),
        (
            "tls.client-cert-required",
            POSSIBLE,
            "in TLS 1.3 a missing client certificate is refused after the handshake",
        ),
        ("ws.to-tls-port", POSSIBLE, "a TLS server closes where it gets plain HTTP"),
        ("http.is-h2", POSSIBLE, "an HTTP/2 server closes on an HTTP/1.1 request"),
        ("http.garbage", POSSIBLE, "or what came was no HTTP"),
    ),
    "http-garbage": (
        ("http.garbage", LIKELY, "the answer is not HTTP/1.1"),
        ("http.is-h2", POSSIBLE, "HTTP/2 frames read like this"),
        (
            "tls.client-cert-required",
            POSSIBLE,
            "in TLS 1.3 a missing client certificate is refused after the handshake",
        ),
        ("ws.to-tls-port", POSSIBLE, "a TLS alert, in answer to plain HTTP, reads like this"),
    ),
    "http-timeout": (("http.timeout", LIKELY, "the upgrade was not answered in time"),),
    "lost": (
        ("ws.1006", LIKELY, "the connection ended without a Close"),
        ("http.eof", POSSIBLE, "or it closed instead of answering the upgrade"),
        ("tcp.reset-in-handshake", POSSIBLE, "or it was reset during the handshake"),
        ("http.is-h2", POSSIBLE, "or the server speaks HTTP/2"),
        ("http.garbage", POSSIBLE, "or no HTTP at all"),
        ("ws.upgrade-headers", POSSIBLE, "or an HTTP/1.0 answer was dropped"),
        ("ws.extension", POSSIBLE, "or an extension nobody offered was chosen"),
        ("proxy.eof", POSSIBLE, "or a proxy closed on CONNECT"),
    ),
    "proxy-failed": (
        ("proxy.auth", POSSIBLE, "the proxy did not open a tunnel; the line does not say why"),
        ("proxy.forbidden", POSSIBLE, "its policy may forbid it"),
        ("proxy.bad-gateway", POSSIBLE, "it may not reach the server"),
        ("proxy.eof", POSSIBLE, "or it is no HTTP proxy"),
    ),
    "proxy-eof": (("proxy.eof", LIKELY, "the proxy closed without answering CONNECT"),),
    "proxy-timeout": (("proxy.timeout", LIKELY, "the proxy did not answer"),),
    "handshake-header": (
        ("ws.bad-accept", POSSIBLE, "a header of the 101 is wrong; the line does not say which"),
        ("ws.upgrade-headers", POSSIBLE, "Upgrade or Connection may be wrong"),
        ("ws.subprotocol", POSSIBLE, "or the subprotocol was not offered"),
    ),
    "no-accept-header": (
        (
            "http.redirect",
            POSSIBLE,
            "the answer has no Sec-WebSocket-Accept, so it is mostly no 101: a redirect to wss:// is the most common",
        ),
        ("http.404", POSSIBLE, "the path may be wrong"),
        ("http.400", POSSIBLE, "a proxy may drop the Upgrade headers"),
        ("http.200-not-upgrade", POSSIBLE, "or no WebSocket is served there"),
        ("http.auth-required", POSSIBLE, "credentials may be missing"),
        ("http.403", POSSIBLE, "it may be forbidden"),
        (
            "ws.bad-accept",
            POSSIBLE,
            "or a 101 came without the header, or in two pieces that the client did not put together",
        ),
    ),
    "bad-accept": (("ws.bad-accept", CERTAIN, "the Sec-WebSocket-Accept is wrong"),),
    "upgrade-headers": (("ws.upgrade-headers", LIKELY, "the 101 lacks Upgrade or Connection, or is HTTP/1.0"),),
    "subprotocol": (("ws.subprotocol", LIKELY, "no common subprotocol"),),
    "extension": (("ws.extension", LIKELY, "an extension was chosen that was not offered"),),
    "redirect": (("http.redirect", LIKELY, "the server redirects"),),
    "ws-protocol": (
        ("ws.protocol-error", LIKELY, "the peer broke the WebSocket protocol"),
        ("ws.invalid-utf8", POSSIBLE, "text that is not UTF-8 is reported like this too"),
    ),
    "ws-utf8": (("ws.invalid-utf8", LIKELY, "text that is not UTF-8"),),
    "ws-pong": (
        ("ws.peer-silent", POSSIBLE, "no pong came in time"),
        ("ws.loop-blocked", POSSIBLE, "or the program's event loop was blocked and could not see it"),
    ),
    "canceled": (
        ("tls.client-cert-required", POSSIBLE, "a browser cancels where no client certificate was chosen"),
        ("http.eof", POSSIBLE, "or the connection closed"),
    ),
    "origin": (
        ("http.origin", LIKELY, "the Origin is not accepted"),
        ("http.403", POSSIBLE, "or another rule forbids it"),
    ),
    "upstream": (("http.502", LIKELY, "the gateway could not use its backend"),),
    "upstream@client": (
        ("http.502", LIKELY, "the gateway could not use its backend"),
        ("tcp.refused", POSSIBLE, "nobody may listen where it was asked to connect"),
    ),
    "upstream-sni": (
        ("tls.sni-missing", LIKELY, "nginx sends no SNI to an upstream unless proxy_ssl_server_name is on"),
        ("http.502", POSSIBLE, "clients see a 502"),
    ),
}
_STATUS: Final[dict[int, tuple[Guess, ...]]] = {
    400: (
        ("http.400", LIKELY, "status 400"),
        ("ws.to-tls-port", POSSIBLE, "nginx answers plain HTTP on its HTTPS port with 400"),
    ),
    401: (("http.auth-required", CERTAIN, "status 401"),),
    403: (("http.403", LIKELY, "status 403"), ("http.origin", POSSIBLE, "the Origin may not be accepted")),
    404: (
        ("http.404", LIKELY, "status 404"),
        ("http.host-header", POSSIBLE, "the server may know no site of that Host"),
    ),
    407: (("proxy.auth", CERTAIN, "status 407"),),
    421: (
        ("http.misdirected-421", LIKELY, "status 421"),
        ("tls.sni-missing", POSSIBLE, "servers answer 421 where SNI is missing"),
    ),
    426: (("http.426-version", CERTAIN, "status 426"),),
    429: (("http.429", CERTAIN, "status 429"),),
    502: (("http.502", LIKELY, "status 502"), ("proxy.bad-gateway", POSSIBLE, "or a proxy said so about CONNECT")),
    503: (("http.503", LIKELY, "status 503"), ("proxy.bad-gateway", POSSIBLE, "or a proxy said so about CONNECT")),
    504: (("http.502", LIKELY, "status 504"), ("proxy.bad-gateway", POSSIBLE, "or a proxy said so about CONNECT")),
}
_PROXY_STATUS: Final = {407: "proxy.auth", 403: "proxy.forbidden", 405: "proxy.forbidden"}


def guesses(symptom: str, side: str) -> tuple[Guess, ...]:
    """Return what a symptom can come from, best first; empty for one that says nothing.

    Args:
        symptom: A key of the table, `alert-N`, `http-N`, `proxy-N` or `close-N`.
        side: Which side reports it.
    """
    for key in (f"{symptom}@{side}", symptom):
        if key in _SYMPTOMS:
            return _SYMPTOMS[key]
    kind, _, number = symptom.partition("-")
    if not number.isdigit() or len(number) > 5:
        return ()
    return _numbered(kind, int(number), side)


def _numbered(kind: str, number: int, side: str) -> tuple[Guess, ...]:
    if kind == "alert":
        if side == "server" and 42 <= number <= 48 and number != 47:
            return (
                (
                    "tls.peer-rejected-our-cert",
                    LIKELY,
                    f"alert {number}, sent by the client about this server's certificate",
                ),
            )
        if 43 <= number <= 48:
            return (("tls.client-cert-rejected", LIKELY, f"alert {number}: {_REJECTED}"),)
        return _SYMPTOMS["alert-any"] if number not in (0, 90) else ()
    if kind == "http":
        if 300 <= number < 400:
            return (("http.redirect", CERTAIN, f"status {number}"),)
        if 200 <= number < 300:
            return (("http.200-not-upgrade", LIKELY, f"status {number} in answer to an upgrade"),)
        return _STATUS.get(
            number, (("http.unexpected-status", LIKELY, f"status {number}"),) if 400 <= number < 600 else ()
        )
    if kind == "proxy" and 400 <= number < 600:
        return ((_PROXY_STATUS.get(number, "proxy.bad-gateway"), CERTAIN, f"the proxy answered {number}"),)
    if kind == "close" and number == 1006:
        return _SYMPTOMS["lost"]
    if kind == "close" and 1001 <= number < 5000:
        return (("ws.close-code", LIKELY, f"the peer closed with {number}"),)
    return ()
