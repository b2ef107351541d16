"""Recognise the numbers and texts of curl and libcurl (also pycurl)."""

import re

from wssure.tools.explain.model import Library

LIBRARY = Library(
    name="curl",
    mark=re.compile(
        r"\bcurl: ?\(\d+\)|^\* (?:TLSv1\.\d|ALPN|Connected to|error:)|pycurl\.error|hostname validation also disables SNI|\bCURLE_|TLS connect error: error:|OpenSSL SSL_connect"
    ),
    only_marked=True,
    texts={
        r"hostname validation also disables SNI": "name-off",
        # LibreSSL's client reports its own failed verification with the text of a received alert.
        r"ST_CONNECT:tlsv1 alert unknown ca": "libressl-unknown-ca",
        r"CONNECT tunnel failed, response (\d{3})|Received HTTP code (\d{3}) from proxy": "proxy-{1}",
        r"Proxy CONNECT aborted": "proxy-eof",
        r"Could not resolve host": "no-such-name",
        r"Resolving timed out": "resolver-silent",
        r"Refused WebSocket upgrade: (\d{3})": "http-{1}",
        r"The requested URL returned error: (\d{3})": "http-{1}",
        r"SSL connection timeout": "handshake-timeout",
        r"Connection refused": "refused",
        # The last line of curl after every failed connection, refused or not.
        r"Could(?: not|n't) connect to server": "not-connected",
        r"Connection timed out after|Operation timed out": "timeout",
        r"no alternative certificate subject name matches": "hostname",
        r"unable to get local issuer certificate|\(60\).*\(20\)": "no-local-issuer",
        r"\(66\)|\(67\)": "weak-key",
        r"\(68\)": "weak-signature",
        r"\(26\)": "purpose",
        r"Received HTTP/0\.9 when not allowed": "http-garbage",
        r"masked input frame|invalid reserved bits|\[WS\] .*invalid|unknown opcode": "ws-protocol",
        r"\[WS\] Received 101, switch to WebS": "handshake-header",
        r"\(52\)|Empty reply from server": "http-eof",
        r"Send failure: Connection reset by peer": "broken-pipe",
        r"Recv failure: Connection reset by peer": "reset",
        r"\(58\)": "client-cert-refused",
        r"\(77\)": "no-ca",
    },
    fixes={
        "cert.chain-incomplete": "let the server send its full chain; curl fetches no intermediate",
        "cert.expired": "renew the server's certificate; compare `date` with the Date of any answer first",
        "cert.hostname": "curl --connect-to NAME:443:ADDRESS:443 https://NAME/ with the name the service is known by",
        "cert.no-trust-store": "install ca-certificates, or curl --cacert FILE; libcurl: CURLOPT_CAINFO",
        "cert.self-signed": "curl --cacert server.pem, with the file from the server's owner; never -k",
        "http.auth-required": 'curl -H "Authorization: Bearer ..."',
        "http.is-h2": "curl --http1.1",
        "http.origin": 'curl -H "Origin: https://NAME"',
        "tcp.v6-broken": "curl -4, then fix or remove the AAAA record",
        "tls.alpn": "curl --http1.1 (or --no-alpn)",
        "tls.large-hello-dropped": "curl --curves X25519:P-256",
        "tls.no-common-group": "curl --curves X25519:P-256:P-384",
        "tls.no-common-params": "leave --ciphers and --tls13-ciphers away; then let the server offer ECDHE with AES-GCM",
        "tls.not-tls-http": "curl http://NAME:PORT/ if the service is meant to be plain, else its TLS port",
        "tls.sni-unknown": "curl https://NAME/ with a name the server serves: --connect-to NAME:443:ADDRESS:443 dials elsewhere",
        "tls.sni-missing": "curl --connect-to NAME:443:ADDRESS:443 https://NAME/ (or --resolve NAME:443:ADDRESS)",
        "cert.untrusted-root": "curl --cacert ca.pem, with the CA's certificate from its owner; never -k",
        "tls.client-cert-required": "curl --cert client.pem --key client.key",
        "tls.version": "curl --tlsv1.2",
        "proxy.auth": "curl --proxy-user USER:PASSWORD",
        "http.redirect": "curl -L, or the Location itself",
    },
)
