"""How far a connection got, and in which words: what experiments on the same address are compared by."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from wssure.diagnose.view import Evidence, text_of
from wssure.evidence import Attempt, Fact, Stage

__all__ = ["Outcome", "Reach", "outcome_of"]


class Reach(enum.IntEnum):
    """The last step a connection stood on; a later one is a better one."""

    NOTHING = 0
    CONNECTED = 1
    ANSWERED = 2
    SECURED = 3
    UPGRADED = 4


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one connection.

    Args:
        reach: How far it got.
        said: What came, in a few words safe for a terminal: `alert 40 (handshake_failure)`, `closed`, `404 Not Found`.
        silent: True where nothing came until the time was over.
        connections: How many were made to learn it.
    """

    reach: Reach
    said: str
    silent: bool = False
    connections: int = 1


_ENDS: Final = {"ECONNRESET": "reset", "EPIPE": "reset", "ECONNABORTED": "reset"}


def outcome_of(facts: Iterable[Fact], attempts: Iterable[Attempt] = ()) -> Outcome:
    """Return how one connection ended.

    Args:
        facts: What was seen.
        attempts: One per address tried.
    """
    evidence = Evidence(Stage.TLS, tuple(facts), tuple(attempts))
    reach = _reach(evidence)
    words = _tls_words(evidence, reach) if reach is not Reach.UPGRADED else ""
    answer = _answer(evidence)
    silent = bool(evidence.timeout_phase) and not answer
    end = answer or (f"silence for {evidence.limit}" if silent else "") or _end(evidence)
    if reach is Reach.UPGRADED:
        return Outcome(reach, "101 Switching Protocols")
    said = ", then ".join(part for part in (words, end) if part)
    return Outcome(reach, said or "nothing", silent)


def _reach(evidence: Evidence) -> Reach:
    if evidence.status == 101:
        return Reach.UPGRADED
    if evidence.done or (evidence.status is not None and not evidence.has_hello):
        return Reach.SECURED
    if "tls.server_hello" in evidence or "tls.certificate" in evidence:
        return Reach.ANSWERED
    if evidence.proxy and not evidence.tunnelled:
        return Reach.NOTHING  # the proxy was reached, the server was not
    stands = any(attempt.ok for attempt in evidence.attempts)
    return Reach.CONNECTED if stands or evidence.has_hello else Reach.NOTHING


def _tls_words(evidence: Evidence, reach: Reach) -> str:
    version = text_of(evidence.record("tls.server_hello").get("version") or evidence.record("tls.done").get("version"))
    leaf = evidence.leaf
    names = leaf.get("dns_names") or leaf.get("ip_addresses")
    shown = ", ".join(text_of(name) for name in names[:2]) if isinstance(names, (list, tuple)) else ""
    parts = [f"server hello {version}".rstrip() if reach >= Reach.ANSWERED and evidence.has_hello else ""]
    parts.append(f"certificate for {shown}" if shown else "")
    parts.append("verified" if evidence.done and not evidence.flags and leaf else "")
    return ", ".join(part for part in parts if part)


def _answer(evidence: Evidence) -> str:
    """What the peer said at the end, where it said anything."""
    alert = next(
        (
            one
            for one in evidence.records("tls.alert")
            if one.get("direction") == "received" and one.get("number") in evidence.refusals
        ),
        None,
    )
    if alert is not None:
        return f"alert {text_of(alert.get('number'))} ({text_of(alert.get('name'))})"
    first = evidence.record("tls.first_bytes") or evidence.record("http.first_bytes")
    if first:
        return f'the bytes "{text_of(first.get("text"), 40)}"'
    if evidence.status is not None:
        return evidence.reason
    if evidence.proxy and "proxy.response" in evidence and not evidence.tunnelled:
        answer = evidence.record("proxy.response")
        return f"{text_of(answer.get('status'))} {text_of(answer.get('reason'))} of the proxy"
    if evidence.flags:
        return f"our refusal of it: {', '.join(sorted(evidence.flags))}"
    return ""


def _end(evidence: Evidence) -> str:
    if evidence.os_error:
        return _ENDS.get(evidence.os_error, evidence.os_error)
    if "tls.eof" in evidence or "http.eof" in evidence or "proxy.eof" in evidence:
        return "closed"
    return ""
