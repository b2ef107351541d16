"""Recognise texts common to all programs: system errors, getaddrinfo, status lines, close codes, causes of wssure."""

from wssure.tools.explain.model import Library

LIBRARY = Library(
    name="the system",
    texts={
        # The body of nginx's response, as printed by a client.
        r"plain HTTP request was sent to HTTPS port": "http-on-tls-port",
        r"Name or service not known|nodename nor servname|No such host|NXDOMAIN|could not resolve host": "no-such-name",
        r"No address associated with hostname": "no-address",
        r"Temporary failure in name resolution|SERVFAIL": "resolver-silent",
        r"Connection refused|\bECONNREFUSED\b": "refused",
        r"No route to host|Network is unreachable|\bE(?:HOST|NET)UNREACH\b": "unreachable",
        r"HTTP/1\.[01] (\d{3})\b": "http-{1}",
        r"Connection reset by peer|\bECONNRESET\b": "reset",
        r"Broken pipe|\bEPIPE\b": "broken-pipe",
        r"Connection timed out|\bETIMEDOUT\b": "connect-timeout",
        r"handshake timed? ?out": "handshake-timeout",
        r"close(?:d)?(?: with)?(?: code)?[ :=]+(1\d{3}|[34]\d{3})\b": "close-{1}",
        r"unexpected (?:EOF|end of file)": "eof",
        r"certificate (?:has )?expired": "expired",
        r"unknown[_ ]ca\b": "alert-48",
        r"unrecognized[_ ]name": "alert-112",
        r"handshake[_ ]failure": "alert-40",
        r"protocol[_ ]version": "alert-70",
        r"self[- ]signed": "self-signed",
        r"certificate verify failed": "verify-failed",
        r"\b(?:time(?:d)? ?out)\b": "timeout",
    },
)
