"""Recognise texts common to all programs: system errors, getaddrinfo, status lines, close codes, causes of wssure."""

from __future__ import annotations

from wssure.tools.explain.model import Library, rule

__all__ = ["LIBRARY"]

LIBRARY = Library(
    name="the system",
    rules=(
        # The body of nginx's response, as printed by a client.
        rule(r"plain HTTP request was sent to HTTPS port", "http-on-tls-port"),
        rule(
            r"Name or service not known|nodename nor servname|No such host|NXDOMAIN|could not resolve host",
            "no-such-name",
        ),
        rule(r"No address associated with hostname", "no-address"),
        rule(r"Temporary failure in name resolution|SERVFAIL", "resolver-silent"),
        rule(r"Connection refused|\bECONNREFUSED\b", "refused"),
        rule(r"No route to host|Network is unreachable|\bE(?:HOST|NET)UNREACH\b", "unreachable"),
        rule(r"HTTP/1\.[01] (\d{3})\b", "http-{1}"),
        rule(r"Connection reset by peer|\bECONNRESET\b", "reset"),
        rule(r"Broken pipe|\bEPIPE\b", "broken-pipe"),
        rule(r"Connection timed out|\bETIMEDOUT\b", "connect-timeout"),
        rule(r"handshake timed? ?out", "handshake-timeout"),
        rule(r"close(?:d)?(?: with)?(?: code)?[ :=]+(1\d{3}|[34]\d{3})\b", "close-{1}"),
        rule(r"unexpected (?:EOF|end of file)", "eof"),
        rule(r"certificate (?:has )?expired", "expired"),
        rule(r"unknown[_ ]ca\b", "alert-48"),
        rule(r"unrecognized[_ ]name", "alert-112"),
        rule(r"handshake[_ ]failure", "alert-40"),
        rule(r"protocol[_ ]version", "alert-70"),
        rule(r"self[- ]signed", "self-signed"),
        rule(r"certificate verify failed", "verify-failed"),
        rule(r"\b(?:time(?:d)? ?out)\b", "timeout"),
    ),
)
