"""Recognise the texts of Python's ssl, socket and asyncio, also as quoted by urllib and requests."""

import re

from wssure.tools.explain.model import Library

LIBRARY = Library(
    name="Python",
    mark=re.compile(
        r"_ssl\.c:\d+|\bssl\.SSL|\bsocket\.gaierror|Traceback \(most recent|File \"[^\"]{1,300}\.py\"|\b(?:ConnectionResetError|"
        r"ConnectionRefusedError|TimeoutError|BrokenPipeError|gaierror|builtins\.\w+Error)\b|\[SSL"
    ),
    texts={
        r"\[Errno -2\] Name or service not known|\[Errno 8\] nodename nor servname|\[Errno 11001\] getaddrinfo failed": "no-such-name",
        r"\[Errno -5\] No address associated": "no-address",
        r"\[Errno -3\] Temporary failure in name resolution": "resolver-silent",
        r"ConnectionRefusedError|\[Errno 111\]|\[Errno 61\] Connection refused|\[WinError 10061\]": "refused",
        r"\[Errno 11[03]\] No route to host|\[Errno 101\]|Network is unreachable|No route to host": "unreachable",
        # python-socketio prints this for every failure, also for a rejected certificate.
        r"ConnectionError: Connection refused by the server": "socketio-refused",
        r"handshake operation timed out|SSL handshake is taking longer": "handshake-timeout",
        r"ConnectionResetError|\[Errno 104\]|\[WinError 10054\]": "reset",
        r"BrokenPipeError|\[Errno 32\]": "broken-pipe",
        r"\[Errno 110\]|\[WinError 10060\]": "connect-timeout",
        r"SSLWantReadError|check_hostname requires server_hostname": "no-hostname",
        r"TimeoutError|timed out": "timeout",
        r"SSLZeroReturnError|connection_lost|ConnectionAbortedError": "eof",
    },
    fixes={
        "cert.expired": "renew the server's certificate; compare this machine's clock first",
        "tls.no-common-params": 'context.set_ciphers("DEFAULT"); better let the server offer ECDHE with AES-GCM',
        "tls.peer-rejected-our-cert@server": 'context.load_cert_chain("fullchain.pem", "key.pem"), own certificate first; give the client your CA',
        "tls.weak-dh": 'context.set_ciphers("DEFAULT:!DHE"), so that ECDHE is used',
        "ws.loop-blocked": "move the blocking work off the loop: await asyncio.to_thread(...); PYTHONASYNCIODEBUG=1 names it",
        "tls.sni-missing": 'ssl.wrap_socket sends none: context.wrap_socket(sock, server_hostname="NAME"); in wssure: connect("wss://NAME/", address=IP)',
        "cert.untrusted-root": 'ssl.create_default_context(cafile="ca.pem") with the CA\'s certificate from its owner; in wssure TLSSettings(ca="ca.pem")',
        "cert.strict": 'context.verify_flags &= ~ssl.VERIFY_X509_STRICT; in wssure TLSSettings(ca="ca.pem") verifies without it',
        "cert.no-trust-store": "pip install certifi, then ssl.create_default_context(cafile=certifi.where()); on macOS run Install Certificates.command",
        "cert.self-signed": 'ssl.create_default_context(cafile="server.pem") with the file from its owner; never CERT_NONE; in wssure pins=',
        "cert.hostname": 'server_hostname="NAME" with the name the service is known by; keep check_hostname on',
        "tls.client-cert-required": 'context.load_cert_chain("client.pem", "client.key")',
        "tls.version": "context.minimum_version = ssl.TLSVersion.TLSv1_2",
        "tls.legacy-renegotiation": "context.options |= ssl.OP_LEGACY_SERVER_CONNECT, for that one server, as a last resort",
        "tls.alpn": 'context.set_alpn_protocols(["http/1.1"])',
    },
)
