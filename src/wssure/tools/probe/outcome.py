"""Measure how far a connection got, and how it ended, to compare experiments on the same address."""

import enum
from collections.abc import Iterable
from typing import Final

from wssure import facts
from wssure.diagnose.view import Evidence, text_of, warnings
from wssure.evidence import Attempt, Stage
from wssure.frozen import frozen


class Progress(enum.IntEnum):
    """The last step that a connection reached; a later one is better."""

    NOTHING = 0
    CONNECTED = 1
    ANSWERED = 2
    SECURED = 3
    UPGRADED = 4


@frozen
class Outcome:
    """The end of one connection.

    Args:
        progress: How far it got.
        answer: The peer's answer, in a few words safe for a terminal: `alert 40 (handshake_failure)`, `closed`, `404 Not Found`.
        silent: Whether nothing came until the time was over.
        connections: How many were made to learn it.
    """

    progress: Progress
    answer: str
    silent: bool = False
    connections: int = 1


_ENDS: Final = {"ECONNRESET": "reset", "EPIPE": "reset", "ECONNABORTED": "reset"}


def outcome_of(seen: Iterable[facts.Fact], attempts: Iterable[Attempt] = ()) -> Outcome:
    """Return how one connection ended.

    Args:
        seen: The observations.
        attempts: One per address tried.
    """
    evidence = Evidence(Stage.TLS, tuple(seen), tuple(attempts))
    progress = _progress(evidence)
    words = _tls_words(evidence, progress) if progress is not Progress.UPGRADED else ""
    answer = _answer(evidence)
    silent = bool(evidence.timeout_phase) and not answer
    end = answer or (f"silence for {evidence.limit}" if silent else "") or _end(evidence)
    if progress is Progress.UPGRADED:
        return Outcome(progress, "101 Switching Protocols")
    description = ", then ".join(part for part in (words, end) if part)
    return Outcome(progress, description or "nothing", silent)


def _progress(evidence: Evidence) -> Progress:
    if evidence.status == 101 and facts.UpgradeBroken not in evidence:
        return Progress.UPGRADED
    if evidence.done or (evidence.status is not None and not evidence.has_hello):
        return Progress.SECURED
    if evidence.answered and facts.NotTlsSeen not in evidence:
        return Progress.ANSWERED
    if evidence.proxy and not evidence.tunnelled:
        return Progress.NOTHING  # the proxy was reached, the server was not
    stands = any(attempt.ok for attempt in evidence.attempts)
    return Progress.CONNECTED if stands or evidence.has_hello else Progress.NOTHING


def _tls_words(evidence: Evidence, progress: Progress) -> str:
    hello, done = evidence.last(facts.ServerHelloSeen), evidence.last(facts.TlsDone)
    version = (hello.version if hello else None) or (done.version if done else None) or ""
    leaf = evidence.leaf
    shown = ", ".join((leaf.dns_names or leaf.ip_addresses)[:2])
    parts = ["the beginning of an answer" if progress is Progress.ANSWERED and not evidence.certificates else ""]
    if hello is not None or (evidence.has_hello and progress > Progress.ANSWERED):
        parts = [f"server hello {version}".rstrip()]
    parts.append(f"certificate for {shown}" if shown else "")
    parts.append("verified" if evidence.done and not evidence.flags and evidence.certificates else "")
    return ", ".join(part for part in parts if part)


def _answer(evidence: Evidence) -> str:
    """Return the peer's last answer, or our refusal of it, in a few words; "" for none."""
    alert = next(
        (
            alert_fact
            for alert_fact in evidence.all(facts.AlertSeen)
            if alert_fact.direction == "received" and alert_fact.number in evidence.refusals
        ),
        None,
    )
    if alert is not None:
        return f"alert {alert.number} ({alert.name or ''})"
    first = evidence.last(facts.NotTlsSeen) or evidence.last(facts.NotHttpSeen)
    if first is not None:
        return f'the bytes "{text_of(first.text, 40)}"'
    if evidence.status is not None:
        return evidence.reason
    answer = evidence.last(facts.ProxyResponse)
    if evidence.proxy and answer is not None and not evidence.tunnelled:
        return f"{answer.status} {text_of(answer.reason)} of the proxy"
    if evidence.flags:
        return f"we rejected the certificate: {', '.join(sorted(evidence.flags))}"
    return ""


def _end(evidence: Evidence) -> str:
    if evidence.os_error:
        return _ENDS.get(evidence.os_error, evidence.os_error)
    if warnings(evidence) - {0}:
        return f"closed after the warning alert {max(warnings(evidence))}"
    if 0 in warnings(evidence) or facts.TlsEof in evidence or facts.HttpEof in evidence or facts.ProxyEof in evidence:
        return "closed"
    return ""
