"""Recognise the error codes of Node.js, and the texts of ws and undici."""

import re

from wssure.tools.explain.model import Library

LIBRARY = Library(
    name="Node.js",
    mark=re.compile(
        r"\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPROTO|EHOSTUNREACH|ENETUNREACH|ERR_TLS_\w{1,60}|ERR_SSL_\w{1,60}(?<!_ALERT)|"
        r"WS_ERR_\w{1,60}|HPE_\w{1,60})\b|node:internal|\.\./deps/openssl|Unexpected server response|at TLSSocket|socket hang up|Server sent (?:no|an invalid|a) subprotocol|"
        r"altnames: |\bCERT_HAS_EXPIRED\b|\bUNABLE_TO_VERIFY_LEAF_SIGNATURE\b|\bSELF_SIGNED_CERT_IN_CHAIN\b|"
        r"\bDEPTH_ZERO_SELF_SIGNED_CERT\b|\bUNABLE_TO_GET_ISSUER_CERT\w*|\(_tls_wrap\.js|"
        r"Opening handshake has timed out|Invalid Sec-WebSocket|Server indicated an extension|Invalid WebSocket frame"
    ),
    only_marked=True,
    texts={
        r"getaddrinfo ENOTFOUND|\bENOTFOUND\b": "no-such-name",
        r"getaddrinfo EAI_AGAIN|queryA? ?ESERVFAIL|ETIMEOUT": "resolver-silent",
        r"\bECONNREFUSED\b": "refused",
        r"\bE(?:HOST|NET)UNREACH\b": "unreachable",
        r"\bETIMEDOUT\b": "connect-timeout",
        r"Client network socket disconnected before secure TLS": "eof-handshake",
        r"socket hang up": "http-eof",
        r"Unexpected server response: 101": "upgrade-headers",
        r"Unexpected server response: (\d{3})": "http-{1}",
        r"Opening handshake has timed out": "opening-timeout",
        r"Invalid Sec-WebSocket-Accept": "bad-accept",
        r"Invalid Upgrade header": "upgrade-headers",
        r"Server sent (?:no|an invalid) subprotocol|but none was requested.*subprotocol|Server sent a subprotocol": "subprotocol",
        r"extension that was not requested|Invalid Sec-WebSocket-Extensions|Sec-WebSocket-Extensions header but no extension": "extension",
        r"HPE_\w+|Parse Error: Expected HTTP": "http-garbage",
        r"WS_ERR_INVALID_UTF8": "ws-utf8",
        r"WS_ERR_\w+|Invalid WebSocket frame": "ws-protocol",
        r"ERR_TLS_CERT_ALTNAME_INVALID|do(?:es not|esn't) match certificate's altnames": "hostname",
        r"CERT_HAS_EXPIRED": "expired",
        r"CERT_NOT_YET_VALID": "not-yet-valid",
        r"DEPTH_ZERO_SELF_SIGNED_CERT": "self-signed",
        r"SELF_SIGNED_CERT_IN_CHAIN": "self-signed-in-chain",
        r"UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT": "no-local-issuer",
        r"EPROTO.*UNSUPPORTED_PROTOCOL": "own-version",
        r"INVALID_PURPOSE": "purpose",
        r"CERT_REVOKED": "revoked",
        r"ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED": "alert-116",
        r"ERR_TLS_HANDSHAKE_TIMEOUT": "handshake-timeout",
        r"\bECONNRESET\b": "reset",
        r"CLOSE (1\d{3}|[34]\d{3})\b": "close-{1}",
    },
    fixes={
        "tls.sni-missing": 'new WebSocket(url, {servername: "NAME"}); tls.connect({servername: "NAME"})',
        "cert.untrusted-root": 'NODE_EXTRA_CA_CERTS=ca.pem, or {ca: fs.readFileSync("ca.pem")}, with the CA\'s certificate from its owner',
        "cert.self-signed": '{ca: fs.readFileSync("server.pem")} with the file from its owner; never rejectUnauthorized: false',
        "cert.chain-incomplete": "let the server send its full chain: https.createServer({cert: fullchain, key}); no client setting mends that",
        "cert.no-trust-store": "NODE_EXTRA_CA_CERTS=ca.pem, or node --use-system-ca (22.15 and later)",
        "proxy.auth": 'new WebSocket(url, {agent: new HttpsProxyAgent("http://USER:PASSWORD@PROXY:PORT")})',
        "proxy.intercepts-tls": "NODE_EXTRA_CA_CERTS=company-ca.pem, with the file from the network's owner",
        "tcp.v6-broken": "{family: 4}, or autoSelectFamily: true (default from 20)",
        "tls.alpn": '{ALPNProtocols: ["http/1.1"]}',
        "tls.legacy-renegotiation": "{secureOptions: crypto.constants.SSL_OP_LEGACY_SERVER_CONNECT}, for that one server, until it is updated",
        "tls.not-tls-http": "ws:// if the service is meant to be plain, else its TLS port",
        "tls.timeout-after-hello": "{handshakeTimeout: 20000}",
        "ws.1006": "ws.ping() more often than the idle limit on the way, and a new WebSocket in 'close'",
        "ws.extension": "{perMessageDeflate: false}",
        "ws.subprotocol": 'new WebSocket(url, ["NAME"])',
        "http.redirect": "{followRedirects: true}, if the Location is the service you meant",
        "tls.peer-rejected-our-cert@server": "https.createServer({cert: fullchain, key}), own certificate first; give the client the CA that issued it",
        "tls.client-cert-required@server": "requestCert: true demands it: give that client one from the CA in ca",
        "cert.hostname": '{servername: "NAME"} with the name the service is known by',
        "tls.client-cert-required": "{cert: fs.readFileSync(CERT), key: fs.readFileSync(KEY)}",
        "http.auth-required": 'new WebSocket(url, {headers: {Authorization: "Bearer ..."}})',
        "http.origin": 'new WebSocket(url, {origin: "https://NAME"})',
        "tls.version": '{minVersion: "TLSv1.2"}',
    },
)
