"""Remove advice that repeats an experiment or that one refuted, and name the excluded causes."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from wssure.diagnose.view import Evidence, origin_sent
from wssure.evidence import Alternative, Failure, Stage
from wssure.facts import ProbeResult
from wssure.fixes import Fix, fix

# The experiments that the probe of a cause asks for, by the beginning of their ids.
_PROBES: Final = {
    "tls.sni-missing": ("sni.", "name."),
    "tls.sni-unknown": ("sni.",),
    "tls.sni-filtered": ("sni.",),
    "cert.hostname": ("sni.", "name."),
    "tls.version": ("version.",),
    "tls.unexpected-message": ("version.",),
    "tls.alert": ("version.",),
    "tls.proxy-header-missing": ("hello.announced",),
    "tls.alpn": ("alpn.",),
    "http.is-h2": ("alpn.",),
    "tls.large-hello-dropped": ("hello.small",),
    "tls.no-common-group": ("hello.groups",),
    "tls.no-common-params": ("hello.", "version."),
    "tls.eof-in-handshake": ("sni.", "version.", "hello.", "alpn."),
    "tcp.reset-in-handshake": ("sni.", "version.", "hello."),
    "tls.timeout-after-hello": ("sni.", "version.", "hello.", "address.", "plain."),
    "tcp.v6-broken": ("address.",),
    "tcp.unreachable": ("address.",),
    "tls.not-tls-http": ("plain.",),
    "tls.not-tls-other": ("plain.",),
    "ws.to-tls-port": ("plain.tls",),
    "http.host-header": ("host.",),
    "http.origin": ("origin.",),
    "http.403": ("origin.",),
    "http.misdirected-421": ("host.", "sni."),
    "ws.subprotocol": ("request.", "subprotocol."),
    "ws.extension": ("request.",),
    "ws.bad-accept": ("accept.",),
    "proxy.intercepts-tls": ("route.",),
    "proxy.not-http": ("proxy.",),
}
# The rest of a probe once its experiments were made.
_LEFT_TO_DECIDE: Final = {
    "tls.alert": "repeat with another TLS library and from another network",
    "tls.sni-unknown": "repeat with another name that the server is known to host",
    "tls.sni-filtered": "repeat from another network",
    "tls.large-hello-dropped": "repeat from another network",
    "http.403": "repeat with a browser's User-Agent, and with a token",
}
# Advice, by its id, that consists of experiments: pointless once one of these was made.
_REPEATS: Final = {
    "tls.eof-in-handshake": ("sni.", "version.", "hello.", "alpn."),
    "tcp.reset-in-handshake": ("sni.", "version.", "hello."),
    "tls.timeout-after-hello": ("address.", "version.", "hello."),
    "tls.unexpected-message": ("version.",),
    "http.400": ("request.bare",),
    "http.403": ("origin.",),
    "http.origin": ("origin.own",),
}
# Advice to make a change that an experiment made without effect.
_REFUTED: Final = {
    "tls.alpn": ("alpn.http1",),
    "tls.alpn-offer": ("alpn.http1",),
    "tls.alpn-none": ("alpn.none",),
    "tls.alpn-h2": ("alpn.h2",),
    "tls.large-hello-dropped": ("hello.small",),
    "tls.no-common-group": ("hello.groups",),
    "tls.no-common-params": ("hello.suites",),
    "tls.version": ("version.1.2",),
    "tls.version-12": ("version.1.2",),
    "tls.version-old": ("version.old",),
    "tls.key-update": ("version.1.2",),
    "tcp.family-works": ("address.family",),
    "tcp.other-family": ("address.family",),
    "tcp.v6-broken": ("address.family",),
    "tcp.other-address": ("address.other",),
    "http.host-header": ("host.other",),
    "http.no-origin": ("origin.none",),
    "proxy.direct": ("route.direct",),
    "ws.no-extension": ("request.bare",),
    "ws.other-subprotocol": ("subprotocol.own",),
    "ws.to-tls-port": ("plain.tls",),
    "tls.not-tls-http": ("plain.http",),
}
# Advice with the refuted part left out.
_REST: Final = {"http.400": "http.400-proxy", "http.403": "http.403-token", "http.origin": "http.unknown-origin"}
# The words for a group of experiments that changed nothing, by the beginning of their ids.
_EXCLUDED: Final = {
    "sni.": "a filter of this server name",
    "version.": "the TLS version",
    "hello.small": "the size of the hello",
    "hello.groups": "the key-exchange groups",
    "hello.suites": "the cipher suites and signature algorithms",
    "alpn.": "ALPN",
    "address.": "the address",
    "plain.": "plain HTTP on the port",
    "request.": "your own headers and query",
    "subprotocol.": "the subprotocol",
    "accept.": "an old answer for another key",
    "host.": "the Host header",
    "origin.": "the server's own Origin",
    "route.": "the proxy",
    "proxy.": "another kind of proxy",
}


def without_effect(values: Sequence[ProbeResult]) -> frozenset[str]:
    """Return the ids of the experiments that were answered and changed nothing.

    Silence within an experiment's short time refutes nothing: the answer may have been on its way.
    """
    result = {value.experiment for value in values if value.note == "makes no difference"}
    return frozenset(result - {value.experiment for value in values if value.flipped})


def bears_on(cause: str, experiments: Collection[str]) -> bool:
    """Tell whether one of these experiments tests a cause."""
    return any(name.startswith(_PROBES.get(cause, ())) for name in experiments)


def advise(failure: Failure, values: Sequence[ProbeResult], *, proved: bool) -> Failure:
    """Take out of a settled failure the advice that its experiments made pointless.

    Args:
        failure: As the experiments settled it.
        values: Their results.
        proved: Whether an experiment confirmed the cause: its fix follows from that experiment and stays.
    """
    made = {value.experiment for value in values} - {"control"}
    if not made:
        return failure
    result = without_effect(values)
    alternatives = tuple(_reduced(one, failure, made, result) for one in failure.alternatives)
    fixes = failure.fixes
    if not proved and (left := _left(fixes, failure, made, result)) != fixes:
        fixes = (*left, _remaining(failure, result))
    return replace(failure, fixes=fixes, alternatives=alternatives)


def _reduced(alternative: Alternative, failure: Failure, made: Collection[str], result: Collection[str]) -> Alternative:
    probe = _LEFT_TO_DECIDE.get(alternative.cause) if bears_on(alternative.cause, made) else alternative.probe
    return replace(alternative, probe=probe, fixes=_left(alternative.fixes, failure, made, result))


def _left(fixes: Sequence[Fix], failure: Failure, made: Collection[str], result: Collection[str]) -> tuple[Fix, ...]:
    """Return the fixes that repeat no experiment, are not refuted, and differ from the failed connection."""
    left = []
    for suggestion in fixes:
        refuted = any(name in result for name in _REFUTED.get(suggestion.id, ()))
        if any(name.startswith(_REPEATS.get(suggestion.id, ())) for name in made):
            rest = _REST.get(suggestion.id)
            # The Origin that was tried is refuted; which one the service expects is not known here.
            known = () if rest == "http.unknown-origin" else suggestion.values
            left += [] if rest is None else [Fix(rest, known)]
        elif not refuted and not _is_given_by(suggestion, failure):
            left.append(suggestion)
    return tuple(left)


def _is_given_by(suggestion: Fix, failure: Failure) -> bool:
    """Tell whether the failed connection was made as the fix says."""
    sent = origin_sent(Evidence(failure.stage, failure.facts, failure.attempts))
    return suggestion.id == "http.origin" and bool(sent) and dict(suggestion.values).get("origin") == sent


def _remaining(failure: Failure, result: Collection[str]) -> Fix:
    """Return the fix if no experiment showed the cause: the server's log, a device between, and the excluded causes."""
    words = [word for start, word in _EXCLUDED.items() if any(name.startswith(start) for name in result)]
    excluded = ", ".join(words)
    return fix("remains.path" if failure.stage is Stage.TLS else "remains.server", excluded=excluded)
