"""Find faults in another program's ClientHello, and rank their possible origins.

A missing server name has several origins that look alike on the wire, and each has another fix. Facts about the sender
rank them; each has an experiment that tells it from the others. Measured with libwebsockets 4.1.6, 4.3.3 and 5.0.0 on OpenSSL,
Mbed TLS and GnuTLS, 600 runs against a recording listener.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final

from wssure.diagnose.cause import LIKELY, POSSIBLE
from wssure.diagnose.causes.tls_sni_malformed import flaw
from wssure.evidence import Alternative, Confidence, Failure, Fault, Stage
from wssure.facts import Fact
from wssure.fixes import fix
from wssure.frozen import frozen
from wssure.text import printable
from wssure.tools.stacks.clients import Guess
from wssure.wire.facts import client_hello
from wssure.wire.hello import ClientHello

_LIBRARIES: Final = ("mbedtls", "openssl", "gnutls", "wolfssl", "boringssl")


@frozen
class Sender:
    """Known facts about the program that sent a hello.

    Args:
        tls: `mbedtls`, `openssl`, another library's name, or "" if unknown.
        lws: libwebsockets' version, `yes` if only that it is libwebsockets, or "" if unknown.
        text: How to name it in a message.
        from_user: True if the user said so, False if it was guessed from the bytes.
    """

    tls: str = ""
    lws: str = ""
    text: str = ""
    from_user: bool = False


@frozen
class _Way:
    """One way to a wrong server_name: for which senders (`tool`: a command, no program), how to tell it, the id of its own fix."""

    why: str
    probe: str
    fix: str
    tls: str = ""
    lws: bool = False
    tool: bool = False
    empty: bool | None = None

    def score(self, sender: Sender, empty: bool) -> int:
        """Return how well it fits: below zero not at all, above zero the better the more is known to agree."""
        if self.empty is not None and self.empty is not empty:
            return -1
        if self.tls and sender.tls and self.tls != sender.tls:
            return -1
        if self.tool and sender.lws:
            return -1
        fits = 2 * bool(self.tls and self.tls == sender.tls) + 2 * bool(self.lws and sender.lws)
        return fits - (1 if self.lws and not sender.lws and sender.tls else 0)


_FLAG: Final = _Way(
    why="in libwebsockets on Mbed TLS LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK removes the name, although host is set",
    probe="the same program without the flag sends the name; wssure lint finds the flag in the source",
    fix="hello.lws-flag",
    tls="mbedtls",
    lws=True,
    empty=False,
)
_WAYS: Final = (
    _FLAG,
    _Way(
        why="libwebsockets was given an empty host, or a bare IPv6 literal, which Mbed TLS sends as an empty name",
        probe="print i.host before lws_client_connect_via_info()",
        fix="hello.lws-name",
        tls="mbedtls",
        lws=True,
        empty=True,
    ),
    _Way(
        why="libwebsockets was given an empty host, or a bare IPv6 literal, for which OpenSSL sends no name",
        probe="print i.host before lws_client_connect_via_info()",
        fix="hello.lws-name",
        tls="openssl",
        lws=True,
        empty=False,
    ),
    _Way(
        why="the host was empty, an IP address or a bare IPv6 literal: SNI carries DNS names only (libwebsockets on Mbed TLS "
        "would then send the extension, empty)",
        probe="print the host that the program passes, and check that it is a DNS name",
        fix="hello.dns-name",
        empty=False,
    ),
    _Way(
        why="an empty name was passed to the library: mbedtls_ssl_set_hostname() sends it",
        probe="print the name before the call",
        fix="hello.mbedtls-name",
        tls="mbedtls",
        empty=True,
    ),
    _Way(
        why="SNI may be compiled out of Mbed TLS (MBEDTLS_SSL_SERVER_NAME_INDICATION)",
        probe='mbedtls_version_check_feature("MBEDTLS_SSL_SERVER_NAME_INDICATION") returns 0 if it is compiled in',
        fix="hello.mbedtls-sni",
        tls="mbedtls",
        empty=False,
    ),
    _Way(
        why="the call that sets the name is missing, or its error was ignored",
        probe="break or log at mbedtls_ssl_set_hostname / SSL_set_tlsext_host_name, and at its result",
        fix="hello.set-name",
        empty=False,
    ),
    _Way(
        why="openssl s_client sends no name for a single-label host such as localhost",
        probe="repeat with -servername NAME",
        fix="hello.s-client",
        tls="openssl",
        tool=True,
        empty=False,
    ),
    _Way(
        why="the name handed to the library was an empty text",
        probe="print the name before the call that sets it",
        fix="hello.name",
        empty=True,
    ),
)


def explain_hello(
    hello: ClientHello, *, tls: str | None = None, lws: str | None = None, clients: Sequence[Guess | str] = ()
) -> Failure | None:
    """Explain the fault in the server_name of another program's hello.

    Args:
        hello: The decoded hello.
        tls: The TLS library that made it, if the user knows: `mbedtls`, `openssl` ...
        lws: The version of libwebsockets, if the user knows.
        clients: Guesses at the sender, best first, or their names.

    Returns:
        None if the server_name is a DNS name.
    """
    facts = (client_hello(hello, "received").at(span=hello.server_name_span),)
    sender = _sender(tls, lws, clients)
    name = hello.server_name
    if not name:
        return missing_name(sender, empty=name == "", facts=facts)
    shown = printable(name, 255)
    if _is_ip(name):
        return _ip_literal(shown, sender, facts)
    wrong = flaw(name)
    return _malformed(name, printable(wrong, 300), sender, facts) if wrong else None


def missing_name(sender: Sender, *, empty: bool, facts: tuple[Fact, ...] = ()) -> Failure:
    """Explain a hello without a name: its possible origins, ranked by the facts about the sender."""
    scored = [(way.score(sender, empty), index, way) for index, way in enumerate(_WAYS)]
    ranked = [way for points, _, way in sorted(scored, key=lambda entry: (-entry[0], entry[1])) if points >= 0]
    best = ranked[0]
    sure = _sureness(best, sender)
    how = "present and empty" if empty else "absent"
    by = f" by {sender.text}" if sender.text else ""
    return Failure(
        stage=Stage.TLS,
        cause="tls.sni-missing",
        fault=Fault.CALLER,
        summary=f"the ClientHello{by} has no server name (server_name is {how}): {best.why}",
        fixes=(fix(best.fix, doubtful="libwebsockets" if best.lws and not sender.lws else ""),),
        facts=facts,
        confidence=sure,
        alternatives=tuple(
            Alternative("tls.sni-missing", POSSIBLE, way.why, way.probe, (fix(way.fix),)) for way in ranked[1:]
        ),
    )


def _sureness(way: _Way, sender: Sender) -> Confidence:
    return LIKELY if way.lws and sender.lws and way.tls == sender.tls else POSSIBLE


def _ip_literal(name: str, sender: Sender, facts: tuple[Fact, ...]) -> Failure:
    whose = (
        "libwebsockets puts its host field into SNI unchecked"
        if sender.lws
        else "the client puts its host into SNI unchecked"
    )
    return Failure(
        stage=Stage.TLS,
        cause="tls.sni-ip-literal",
        fault=Fault.CALLER,
        summary=f"the ClientHello's server_name is the IP address {name}, which RFC 6066 forbids: {whose}",
        fixes=(fix("hello.address", address=name),),
        facts=facts,
    )


def _malformed(name: str, wrong: str, sender: Sender, facts: tuple[Fact, ...]) -> Failure:
    lws = "libwebsockets cuts its host field at the first colon"
    if name in ("ws", "wss", "http", "https"):
        why, todo = f"a URL was given as host ({lws})", fix("hello.url")
    elif name == "[":
        why, todo = f"a bracketed IPv6 address was given as host ({lws})", fix("hello.address", address="2001:db8::1")
    else:
        why, todo = "the host was sent as it was given", fix("hello.host")
    return Failure(
        stage=Stage.TLS,
        cause="tls.sni-malformed",
        fault=Fault.CALLER,
        summary=f"the ClientHello's server_name holds {wrong}: {why}",
        fixes=(todo,),
        facts=facts,
        confidence=LIKELY if sender.lws or name not in ("[", "ws", "wss", "http", "https") else POSSIBLE,
    )


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _sender(tls: str | None, lws: str | None, clients: Sequence[Guess | str]) -> Sender:
    """Return the sender that the user named, completed with the best guess."""
    told_tls = (tls or "").lower().replace(" ", "").replace("_", "").replace("-", "")
    best = clients[0] if clients else None
    guess = best.name if isinstance(best, Guess) else best or ""
    lowered = guess.lower().replace(" ", "")
    guessed_tls = (
        best.tls if isinstance(best, Guess) else next((library for library in _LIBRARIES if library in lowered), "")
    )
    sure = not isinstance(best, Guess) or best.confidence is not POSSIBLE
    guessed_lws = "yes" if sure and ("libwebsockets" in lowered or "lws" in lowered) else ""
    if tls or lws:
        parts = [
            f"libwebsockets {lws}" if lws else "",
            {"mbedtls": "Mbed TLS", "openssl": "OpenSSL"}.get(told_tls, tls or ""),
        ]
        known_tls = told_tls or guessed_tls
        text = " + ".join(printable(part, 60) for part in parts if part)
        return Sender(known_tls, lws or guessed_lws, text, from_user=True)
    return Sender(guessed_tls, guessed_lws, f"what looks like {printable(guess, 80)}" if guess else "")
