"""The list of causes. One line registers a cause; the order is the priority: the first one with its evidence is reported.

`package.some-defect` is defined in `package_some_defect.py` beside this file. A cause that explains a failure
completely precedes one that only describes it: a plain HTTP answer before an EOF, a missing server name before the
resulting alert.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wssure.diagnose.cause import Cause

__all__ = ["ORDER", "catalogue", "find", "module_name"]

ORDER: Final = (
    "dns.url-as-name",
    "dns.nxdomain",
    "dns.no-aaaa-or-a",
    "dns.timeout",
    "dns.blocked",
    "tcp.no-descriptors",
    "unix.not-served",
    "tcp.refused",
    "tcp.timeout",
    "tcp.unreachable",
    "http.captive-portal",
    "http.head-too-large",
    "proxy.auth",
    "proxy.forbidden",
    "proxy.bad-gateway",
    "proxy.timeout",
    "proxy.not-http",
    "proxy.unexpected-status",
    "proxy.eof",
    "stack.sni-guard",
    "stack.unproven-peer",
    "stack.psa-not-initialised",
    "stack.no-hostname-set",
    "stack.rsa-pss-refused",
    "tls.out-of-memory",
    "ws.to-tls-port",
    "tls.not-tls-http",
    "tls.not-tls-other",
    "tls.no-hello",
    "tls.sni-filtered",
    "tls.large-hello-dropped",
    "tls.proxy-header-missing",
    "tls.sni-ip-literal",
    "tls.sni-malformed",
    "cert.ip-as-dns",
    "tls.sni-missing",
    "tls.sni-unknown",
    "tls.client-cert-required",
    "tls.peer-rejected-our-cert",
    "tls.client-cert-rejected",
    "tls.downgraded",
    "tls.version",
    "tls.alpn",
    "tls.weak-dh",
    "tls.legacy-renegotiation",
    "tls.no-common-group",
    "tls.no-common-params",
    "tls.record-buffer-too-small",
    "tls.bad-record-mac",
    "tls.unexpected-message",
    "tls.handshake-too-large",
    "cert.pin-mismatch",
    "cert.revoked",
    "cert.expired",
    "cert.not-yet-valid",
    "proxy.intercepts-tls",
    "cert.self-signed",
    "cert.no-trust-store",
    "cert.chain-incomplete",
    "cert.untrusted-root",
    "cert.not-a-ca",
    "cert.path-length",
    "cert.name-constraints",
    "cert.critical-extension",
    "cert.bad-signature",
    "cert.malformed",
    "cert.no-revocation-status",
    "cert.weak-key",
    "cert.weak-signature",
    "cert.purpose",
    "cert.strict",
    "cert.no-san",
    "cert.hostname",
    "cert.refused",
    "tls.alert",
    "tls.timeout-after-hello",
    "tcp.reset-in-handshake",
    "tls.eof-in-handshake",
    "tcp.v6-broken",
    "http.is-h2",
    "http.timeout",
    "http.eof",
    "http.garbage",
    "http.misdirected-421",
    "http.200-not-upgrade",
    "http.redirect",
    "http.400",
    "http.auth-required",
    "http.origin",
    "http.403",
    "http.host-header",
    "http.404",
    "http.426-version",
    "http.429",
    "http.502",
    "http.503",
    "http.unexpected-status",
    "ws.bad-accept",
    "ws.upgrade-headers",
    "ws.subprotocol",
    "ws.extension",
    "ws.peer-silent",
    "ws.loop-blocked",
    "ws.messages-unread",
    "ws.message-unfinished",
    "ws.slow-reader",
    "ws.close-unanswered",
    "ws.aborted",
    "ws.invalid-utf8",
    "ws.protocol-error",
    "ws.closed-by-us",
    "ws.close-code",
    "ws.1006",
)


def module_name(cause_id: str) -> str:
    """Return the module of a cause, such as `tcp_refused` for `tcp.refused`."""
    return cause_id.replace(".", "_").replace("-", "_")


@cache
def catalogue() -> tuple[Cause, ...]:
    """Return all causes, in order of priority. They are loaded at the first failure, not at import."""
    return tuple(importlib.import_module(f"{__name__}.{module_name(cause_id)}").match for cause_id in ORDER)


@cache
def _by_id() -> dict[str, Cause]:
    return {cause.id: cause for cause in catalogue()}


def find(cause_id: str) -> Cause | None:
    """Return the cause with this id, or None."""
    return _by_id().get(cause_id)
