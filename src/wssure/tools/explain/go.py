"""Recognise the texts of Go: crypto/tls, crypto/x509 and net."""

from __future__ import annotations

import re

from wssure.tools.explain.model import Library

__all__ = ["LIBRARY"]

_TO_SERVER = r"remote error: tls: "
LIBRARY = Library(
    name="Go",
    mark=re.compile(
        r"(?<![\w-])tls: |\bx509: |\bwebsocket: close \d|handshake response status code|unexpected HTTP response status|net/http: TLS|\bdial tcp\b|\bread tcp\b|\*net\.OpError|\bgoroutine \d|http: TLS handshake error|"
        r"\*errors\.errorString|\*tls\.\w+|context\.deadlineExceeded|context deadline exceeded|websocket: bad handshake|"
        r"malformed HTTP (?:response|status code|version)|\bSTATUS \d{3}\b"
    ),
    only_marked=True,
    texts={
        r"TLS handshake error from .*first record does not look like": "http-on-tls-port@server",
        r"TLS handshake error from .*no cipher suite supported by both": "own-no-cipher@server",
        r"TLS handshake error from .*unsupported versions": "own-version@server",
        r"TLS handshake error from .*(?:no certificates configured|no certificate available)": "tls-without-site@server",
        r"TLS handshake error from .*: EOF": "eof-handshake@server",
        r"websocket: bad handshake.*HTTP request to an HTTPS server": "http-on-tls-port@client",
        r"oversized record received": "not-tls",
        r"expected handshake response status code 101 but got (\d{3})|unexpected HTTP response status: (\d{3})": "http-{1}",
        r"websocket: close (1006)": "lost",
        r"websocket: close (\d{4})": "close-{1}",
        r"TLS handshake error from .*remote error: tls: (?:unknown certificate|bad certificate|expired certificate)": "peer-refused-cert@server",
        r"TLS handshake error from .*client sent an HTTP request to an HTTPS server": "http-on-tls-port@server",
        r"client sent an HTTP request to an HTTPS server": "http-on-tls-port@server",
        r"client didn't provide a certificate": "no-client-cert@server",
        r"lookup .*: no such host": "no-such-name",
        r"lookup .*(?:server misbehaving|i/o timeout)": "resolver-silent",
        r"connect: connection refused": "refused",
        r"connect: (?:no route to host|network is unreachable)": "unreachable",
        r"dial tcp .*i/o timeout": "connect-timeout",
        r"TLS handshake timeout": "handshake-timeout",
        r"read tcp .*i/o timeout|Client\.Timeout exceeded while awaiting headers": "http-timeout",
        r"context deadline exceeded|deadlineExceededError": "handshake-timeout",
        _TO_SERVER + r"handshake failure": "alert-40",
        _TO_SERVER + r"bad certificate": "alert-42",
        _TO_SERVER + r"(?:unknown certificate authority|unknown certificate)": "alert-48",
        _TO_SERVER + r"expired certificate": "alert-45",
        _TO_SERVER + r"certificate required": "alert-116",
        _TO_SERVER + r"unrecognized name": "alert-112",
        _TO_SERVER + r"protocol version not supported": "alert-70",
        _TO_SERVER + r"no application protocol": "alert-120",
        _TO_SERVER + r"internal error": "alert-80",
        _TO_SERVER + r"missing extension": "alert-109",
        _TO_SERVER + r"access denied": "alert-49",
        _TO_SERVER + r"(?:illegal parameter|error decoding message)": "alert-47",
        _TO_SERVER: "alert-any",
        r"first record does not look like a TLS handshake|RecordHeaderError": "not-tls",
        r"server selected unsupported protocol version|no supported versions satisfy": "own-version",
        r"no cipher suite supported by both|unsupported elliptic curve": "own-no-cipher",
        r"either ServerName or InsecureSkipVerify must be specified": "no-hostname",
        r"has expired or is not yet valid: current time \S+ is after": "expired",
        r"has expired or is not yet valid: current time \S+ is before": "not-yet-valid",
        r"insecure algorithm|cannot verify signature: insecure": "weak-signature",
        r"failed to load system roots": "no-ca",
        r"signed by unknown authority": "unknown-issuer",
        r"relies on legacy Common Name": "no-san",
        r"certificate is (?:valid for|not valid for any names)|doesn't contain any IP SANs": "hostname",
        r"incompatible key usage": "purpose",
        r"malformed HTTP (?:response|status code)": "http-garbage",
        r"connection reset by peer": "reset",
        r"broken pipe": "broken-pipe",
        # gorilla/websocket prints this for every response except a correct 101; the status is in the response that it
        # returns.
        r"bad handshake": "not-101",
        r"\bSTATUS (\d{3})\b": "http-{1}",
        r"unexpected EOF": "http-eof",
        r"(?:^|[\s:])EOF$": "eof-handshake",
    },
    fixes={
        "tls.sni-missing": 'tls.Config{ServerName: "NAME"}; Go sends none where the address is an IP and ServerName is empty',
        "stack.no-hostname-set": 'tls.Config{ServerName: "NAME"}',
        "cert.untrusted-root": "tls.Config{RootCAs: pool} with the CA's certificate from its owner; never InsecureSkipVerify",
        "cert.expired": "set this machine's clock if it is wrong; else renew the server's certificate",
        "cert.no-trust-store": "install ca-certificates (in a scratch image: COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/), or SSL_CERT_FILE=ca.pem",
        "cert.self-signed": "tls.Config{RootCAs: pool} with the server's certificate from its owner",
        "http.auth-required": 'Dial(url, http.Header{"Authorization": {"Bearer ..."}})',
        "http.origin": 'Dial(url, http.Header{"Origin": {"https://NAME"}}); on the server Upgrader{CheckOrigin: ...}',
        "proxy.auth": 'Dialer{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: PROXY, User: url.UserPassword(USER, PASSWORD)})}',
        "tls.no-common-group": "tls.Config{CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384}}",
        "tls.no-common-params": "tls.Config{CipherSuites: nil}, the library's own list; let the server offer ECDHE",
        "tls.not-tls-http": "ws:// if the service is meant to be plain, else its TLS port",
        "tls.large-hello-dropped": "GODEBUG=tlsmlkem=0 until the device in the path is mended",
        "tls.timeout-after-hello": "Dialer{HandshakeTimeout: 20 * time.Second}",
        "ws.1006": "conn.WriteControl(websocket.PingMessage, ...) more often than the idle limit on the way; dial again",
        "ws.peer-silent": "conn.SetPongHandler(...) that moves conn.SetReadDeadline(...) on, and pings more often than that",
        "ws.subprotocol": 'Dialer{Subprotocols: []string{"NAME"}}',
        "ws.to-tls-port": 'Dial("wss://...")',
        "tls.peer-rejected-our-cert@server": "ListenAndServeTLS(addr, fullchain, key), own certificate first; give the client your CA (Kubernetes webhooks: caBundle)",
        "tls.client-cert-required@server": "give that client a certificate from the CA in tls.Config.ClientCAs",
        "tls.no-hello@server": "nothing, if it is a health check: let the load balancer do an HTTPS check instead of TCP",
        "tls.version@server": "tls.Config{MinVersion: tls.VersionTLS12}",
        "cert.hostname": 'tls.Config{ServerName: "NAME"} with the name the service is known by',
        "tls.client-cert-required": "tls.Config{Certificates: []tls.Certificate{cert}}",
        "tls.alpn": 'tls.Config{NextProtos: []string{"http/1.1"}}',
        "tls.version": "tls.Config{MinVersion: tls.VersionTLS12}",
    },
)
