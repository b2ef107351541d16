"""Find faults in another program's ClientHello, and rank their possible origins.

A missing server name has several origins that look alike on the wire, and each has another fix. The programs that send such a
hello rank them: facts.toml has the settings of each that lose the name, measured on 730 flights of 64 programs.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final

from wssure.diagnose.cause import LIKELY, POSSIBLE
from wssure.diagnose.causes.tls_sni_malformed import flaw
from wssure.evidence import Alternative, Failure, Fault, Stage
from wssure.facts import Fact
from wssure.fixes import Fix, fix
from wssure.frozen import frozen
from wssure.text import printable
from wssure.tools.stacks.clients import Guess, recorded_programs, stacks_on
from wssure.tools.stacks.table import StackFact, facts, libraries, programs
from wssure.wire.facts import client_hello
from wssure.wire.hello import ClientHello

# How messages name a TLS library that the user stated.
LIBRARIES: Final = {
    "mbedtls": "Mbed TLS",
    "openssl": "OpenSSL",
    "gnutls": "GnuTLS",
    "wolfssl": "wolfSSL",
    "mongoose": "the TLS built into mongoose",
}


@frozen
class Sender:
    """Known facts about the program that sent a hello.

    Args:
        tls: The TLS library's family, or "" if unknown.
        stacks: The programs that it may be, by their keys in facts.toml.
        text: How to name it in a message.
    """

    tls: str = ""
    stacks: tuple[str, ...] = ()
    text: str = ""

    def ways(self, *, empty: bool) -> tuple[StackFact, ...]:
        """Return the settings of these programs that lose the name, or that send an empty one."""
        return tuple(
            fact
            for fact in facts()
            if fact.stack in self.stacks
            and (not self.tls or self.tls in fact.tls)
            and (fact.empty if empty else fact.name == "lost")
        )


def explain_hello(
    hello: ClientHello,
    *,
    tls: str | None = None,
    lws: str | None = None,
    stack: str | None = None,
    clients: Sequence[Guess] = (),
) -> Failure | None:
    """Explain the fault in the server_name of another program's hello.

    Args:
        hello: The decoded hello.
        tls: The TLS library that made it, if the user knows: `mbedtls`, `openssl` ...
        lws: The version of libwebsockets, if the user knows.
        stack: The program, if the user knows: a key of facts.toml.
        clients: Guesses at the sender, best first.

    Returns:
        None if the server_name is a DNS name.
    """
    seen = (client_hello(hello, "received").at(span=hello.server_name_span),)
    sender = _sender(tls, "libwebsockets" if lws else stack, lws, clients)
    name = hello.server_name
    if not name:
        return missing_name(sender, empty=name == "", seen=seen)
    shown = printable(name, 255)
    if _is_ip(name):
        return _ip_literal(shown, sender, seen)
    wrong = flaw(name)
    return _malformed(name, printable(wrong, 300), sender, seen) if wrong else None


def missing_name(sender: Sender, *, empty: bool, seen: tuple[Fact, ...] = ()) -> Failure:
    """Explain a hello without a name: the settings of the programs that send such a hello, then the ways that each program has."""
    ways = sender.ways(empty=empty)
    first = [fact for fact in ways if not fact.last]
    names = dict.fromkeys(fact.program for fact in first)
    by = f" of {sender.text}" if sender.text else ""
    how = "present and empty" if empty else "absent"
    right = ": " if empty else ", right if an IP address was dialled; otherwise "
    several = len(names) > 1
    todos = dict.fromkeys((fact.program, fact.write, "") if several else ("", fact.write, fact.see) for fact in first)
    fixes = [fix("hello.stack", stack=name, todo=todo, see=see) for name, todo, see in todos]
    fixes += [fix("hello.which")] if several else []
    return Failure(
        stage=Stage.TLS,
        cause="tls.sni-missing",
        fault=Fault.CALLER,
        summary=f"the ClientHello{by} has no server name (server_name is {how}){right}{_settings(first) or _uncalled(empty)}",
        fixes=tuple(fixes) or (_set_name(sender, empty),),
        facts=seen,
        # The others leave the name out for an address too; libwebsockets then sends the address.
        confidence=LIKELY if sender.tls and {fact.stack for fact in first} == {"libwebsockets"} else POSSIBLE,
        alternatives=tuple(_alternatives(sender, first, ways, empty=empty)),
    )


def _settings(facts_: Sequence[StackFact]) -> str:
    """Name the settings program by program, without their remarks in brackets if there are several."""
    by_program: dict[str, list[str]] = {}
    for fact in facts_:
        by_program.setdefault(fact.program, []).append(fact.setting)
    if len(by_program) == 1:
        ((program, settings),) = by_program.items()
        return f"this took it away in {program}: {', or '.join(settings)}"
    each = [
        f"{program}: {', or '.join(setting.partition(' (')[0] for setting in settings)}"
        for program, settings in by_program.items()
    ]
    return f"one of these took it away: {'; '.join(each)}" if each else ""


def _uncalled(empty: bool) -> str:
    return "an empty name was given" if empty else "the call that sets the name is missing, or its error was ignored"


def _set_name(sender: Sender, empty: bool) -> Fix:
    """Return the fix for a program without a fact of its own; the calls of C libraries are no help where none is known to be used."""
    return fix("hello.name" if empty else "hello.dns-name" if sender.tls else "hello.set-name")


def _alternatives(
    sender: Sender, first: Sequence[StackFact], ways: Sequence[StackFact], *, empty: bool
) -> list[Alternative]:
    """Return the ways to a wrong name that are not in the first reason."""

    def way(why: str, probe: str, todo: Fix) -> Alternative:
        return Alternative("tls.sni-missing", POSSIBLE, why, probe, (todo,))

    called = Sender(sender.tls, (sender.tls,)).ways(empty=empty)
    more = [fact for fact in (*called, *(one for one in ways if one.last)) if fact not in first]
    found = [way(fact.setting, fact.see, fix("hello.stack", todo=fact.write)) for fact in more]
    if first and not called:
        probe = "print the name before the call that sets it, and log the call's result"
        found.append(way(_uncalled(empty), probe, _set_name(sender, empty)))
    host = "the host was empty, an IP address or a bare IPv6 literal: SNI carries DNS names only"
    probe = "print the host that the program passes, and check that it is a DNS name"
    return [*found, way(host, probe, fix("hello.dns-name"))]


def _ip_literal(name: str, sender: Sender, seen: tuple[Fact, ...]) -> Failure:
    lws = sender.stacks == ("libwebsockets",)
    program = "libwebsockets puts its host field" if lws else "the client puts its host"
    return Failure(
        stage=Stage.TLS,
        cause="tls.sni-ip-literal",
        fault=Fault.CALLER,
        summary=f"the ClientHello's server_name is the IP address {name}, which RFC 6066 forbids: {program} into SNI unchecked",
        fixes=(fix("hello.address", address=name, todo=f'i.address = "{name}"; i.host = "NAME";' if lws else ""),),
        facts=seen,
    )


def _malformed(name: str, wrong: str, sender: Sender, seen: tuple[Fact, ...]) -> Failure:
    lws = sender.stacks == ("libwebsockets",)
    cut = "libwebsockets cuts its host field at the first colon"
    if name in ("ws", "wss", "http", "https"):
        why, todo = f"a URL was given as host ({cut})", fix("hello.url")
    elif name == "[":
        address = 'i.address = "2001:db8::1"; i.host = "NAME";'
        why, todo = (
            f"a bracketed IPv6 address was given as host ({cut})",
            fix("hello.address", address="2001:db8::1", todo=address),
        )
    else:
        why, todo = "the host was sent as it was given", fix("hello.host", todo='i.host = "NAME";' if lws else "")
    return Failure(
        stage=Stage.TLS,
        cause="tls.sni-malformed",
        fault=Fault.CALLER,
        summary=f"the ClientHello's server_name holds {wrong}: {why}",
        fixes=(todo,),
        facts=seen,
        confidence=LIKELY if lws or name not in ("[", "ws", "wss", "http", "https") else POSSIBLE,
    )


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _sender(tls: str | None, stack: str | None, lws: str | None, clients: Sequence[Guess]) -> Sender:
    """Return the sender that the user stated, completed with the best guess."""
    best = clients[0] if clients else None
    if not (tls or stack):
        return Sender(best.tls, best.stacks, f"what looks like {printable(best.name, 80)}") if best else Sender()
    family = tls or (best.tls if best and best.tls in libraries(stack or "") else "")
    known = best.stacks if best and best.tls == family else stacks_on(family)
    return Sender(family, (stack,) if stack else known, _stated(tls, stack, lws))


def _stated(tls: str | None, stack: str | None, lws: str | None) -> str:
    """Name the sender as the user stated it."""
    parts = [f"libwebsockets {lws}" if lws else stack and programs()[stack], tls and LIBRARIES.get(tls, tls)]
    return " + ".join(printable(part, 60) for part in parts if part)


def contradiction(
    clients: Sequence[Guess], *, tls: str | None = None, lws: str | None = None, stack: str | None = None
) -> str:
    """Say how the bytes contradict the sender that the user stated; "" if they do not, or if they tell too little.

    Args:
        clients: Guesses at the sender, best first.
        tls: The TLS library that the user stated.
        lws: The version of libwebsockets that the user stated.
        stack: The program that the user stated.
    """
    best = clients[0] if clients else None
    stack = "libwebsockets" if lws else stack
    if best is None or best.confidence is not LIKELY:
        return ""
    version = f"libwebsockets {lws}"
    other_library = tls is not None and tls != best.tls
    other_program = (
        stack is not None and stack not in best.stacks and (best.program or best.tls not in libraries(stack))
    )
    other_version = lws is not None and version in recorded_programs(best.tls) and version not in best.recorded_from
    if not (other_library or other_program or other_version):
        return ""
    what = "another ClientHello was recorded from it, and this one" if other_version else "the ClientHello"
    return f"{_stated(tls, stack, lws)} was stated, but {what} looks like {printable(best.name, 80)}"
