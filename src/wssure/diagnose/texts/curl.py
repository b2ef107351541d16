"""curl and libcurl (pycurl too): their numbers and words."""

from __future__ import annotations

import re

from wssure.diagnose.texts.model import Library, rule

__all__ = ["LIBRARY"]

LIBRARY = Library(
    name="curl",
    mark=re.compile(r"\bcurl: ?\(\d+\)|pycurl\.error|\bCURLE_|TLS connect error: error:|OpenSSL SSL_connect"),
    rules=(
        rule(r"CONNECT tunnel failed, response (\d{3})|Received HTTP code (\d{3}) from proxy", "proxy-{1}"),
        rule(r"Proxy CONNECT aborted", "proxy-eof"),
        rule(r"Could not resolve host", "no-such-name"),
        rule(r"Resolving timed out", "resolver-silent"),
        rule(r"Refused WebSocket upgrade: (\d{3})", "http-{1}"),
        rule(r"The requested URL returned error: (\d{3})", "http-{1}"),
        rule(r"SSL connection timeout", "handshake-timeout"),
        rule(r"Could not connect to server|Connection refused", "refused"),
        rule(r"Connection timed out after|Operation timed out", "timeout"),
        rule(r"no alternative certificate subject name matches", "hostname"),
        rule(r"unable to get local issuer certificate|\(60\).*\(20\)", "no-local-issuer"),
        rule(r"\(66\)|\(67\)", "weak-key"),
        rule(r"\(68\)", "weak-signature"),
        rule(r"\(26\)", "purpose"),
        rule(r"Received HTTP/0\.9 when not allowed", "http-garbage"),
        rule(r"masked input frame|invalid reserved bits|\[WS\] .*invalid|unknown opcode", "ws-protocol"),
        rule(r"\[WS\] Received 101, switch to WebS", "handshake-header"),
        rule(r"\(52\)|Empty reply from server", "http-eof"),
        rule(r"(?:Recv|Send) failure: Connection reset by peer", "reset"),
        rule(r"\(58\)", "client-cert-refused"),
        rule(r"\(77\)", "no-ca"),
    ),
    fixes={
        "tls.sni-missing": "curl --connect-to NAME:443:ADDRESS:443 https://NAME/ (or --resolve NAME:443:ADDRESS)",
        "cert.untrusted-root": "curl --cacert ca.pem, with the CA's certificate from its owner; never -k",
        "tls.client-cert-required": "curl --cert client.pem --key client.key",
        "tls.version": "curl --tlsv1.2",
        "proxy.auth": "curl --proxy-user USER:PASSWORD",
        "http.redirect": "curl -L, or the Location itself",
    },
)
