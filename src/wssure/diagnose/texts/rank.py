"""From what the lines of a text report to the causes it allows, best first.

The line where it began counts more than those that follow from it: a client prints why verification failed, then that the
handshake failed, then that it could not connect.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from typing import Final

from wssure.diagnose.causes import find
from wssure.diagnose.texts import libwebsockets
from wssure.diagnose.texts.fix import fix_for
from wssure.diagnose.texts.model import Candidate, Context, Hit
from wssure.diagnose.texts.symptom import Guess, guesses
from wssure.evidence import Confidence

__all__ = ["rank"]

# What is said in the end whatever happened before: beside a line that tells more it says nothing. 1 tells at least that TLS
# failed, 2 only that there is no connection.
_FOLLOW_UPS: Final = {
    "alert-any": 1,
    "eof": 1,
    "lws-openssl-connect": 1,
    "secure-failed": 1,
    "verify-failed": 1,
    "browser-hidden": 2,
    "close-1006": 2,
    "connect-failed": 2,
    "lost": 2,
    "lws-closed-before": 2,
    "lws-not-101": 2,
    "socketio-refused": 2,
}
_NEAR_LINES: Final = 40
# What a line of a log may hold that is nobody else's business: answers are passed on more freely than logs.
_SECRETS: Final = re.compile(
    r"(cookie[\"']?\s*[=:]).*|"
    r"((?:authorization|token|passw(?:or)?d|secret|api[-_]?key|signature)[\"']?\s*[=:]\s*[\"']?(?:bearer |basic )?)[^\s\"',;&]+|"
    r"(//)[^/\s@]+@|([?&][\w.%-]+=)[^\s&\"']+",
    re.IGNORECASE,
)
_ORDER: Final = list(Confidence)


def rank(hits: list[Hit], context: Context) -> tuple[Candidate, ...]:
    """Rank by confidence, then by how many lines speak for it, then by which came first; one candidate a cause.

    Args:
        hits: What the lines report, in their order.
        context: What the user knows besides.

    Returns:
        The candidates. One is certain only where the whole text allows no other.
    """
    telling = _without_follow_ups(hits)
    votes: Counter[str] = Counter()
    best: dict[str, tuple[tuple[int, int, int], Hit, Guess]] = {}
    for order, hit in enumerate(telling):
        for place, guess in enumerate(_allowed(hit, context)):
            votes[guess[0]] += 1
            key = (_ORDER.index(guess[1]), order, place)
            if guess[0] not in best or key < best[guess[0]][0]:
                best[guess[0]] = (key, hit, guess)
    chosen = sorted(best.values(), key=lambda one: (one[0][0], -votes[one[2][0]], one[0][1:]))
    alone = len(chosen) == 1
    return tuple(_candidate(guess, hit, context, alone=alone) for _, hit, guess in chosen)


def _without_follow_ups(hits: list[Hit]) -> list[Hit]:
    """Return the hits without those that stand near one that tells more."""
    telling = [hit for hit in hits if _guesses_of(hit)]
    more = {level: [hit.number for hit in telling if _level(hit) < level] for level in (0, 1, 2)}
    return [hit for hit in telling if not _is_near(hit.number, more[_level(hit)])]


def _level(hit: Hit) -> int:
    return _FOLLOW_UPS.get(hit.symptom, 0)


def _is_near(number: int, others: list[int]) -> bool:
    """Tell whether a line stands near one of others, which are in order."""
    place = bisect_left(others, number - _NEAR_LINES)
    return place < len(others) and others[place] <= number + _NEAR_LINES


def _guesses_of(hit: Hit) -> tuple[Guess, ...]:
    """Return what a hit can come from, best first."""
    special = libwebsockets.UNDECIDED.get(hit.symptom)
    if special:
        return tuple((cause, Confidence.POSSIBLE, why) for cause, why in special)
    return guesses(hit.symptom, hit.side)


def _allowed(hit: Hit, context: Context) -> tuple[Guess, ...]:
    """Return a hit's guesses in the order that the context gives them: a libwebsockets client's server name depends on its backend."""
    found = _guesses_of(hit)
    if not context.lws or not context.tls:
        return found
    name = [guess for guess in found if guess[0] == "tls.sni-missing"]
    rest = [guess for guess in found if guess[0] != "tls.sni-missing"]
    return (*name, *rest) if context.tls == "mbedtls" else (*rest, *name)


def _candidate(guess: Guess, hit: Hit, context: Context, *, alone: bool) -> Candidate:
    cause_id, confidence, why = guess
    cause = find(cause_id)
    if cause is None:
        raise AssertionError(f"the table names {cause_id}, which is no cause")
    if confidence is Confidence.CERTAIN and not alone:
        confidence = Confidence.LIKELY
    fix = fix_for(cause, hit, context)
    return Candidate(cause_id, confidence, why, _writer(hit), hit.side, cause.probe, fix, hit.number, _shown(hit.line))


def _shown(line: str) -> str:
    """Return a line without user info, query values, tokens, passwords and cookies."""
    return _SECRETS.sub(lambda found: next((one for one in found.groups() if one), "") + "***", line)


def _writer(hit: Hit) -> str:
    """Return who wrote a line: the program, and in brackets the TLS library whose words it passed on."""
    program = next((one.name for one in hit.writers if one.is_program), "")
    below = next((one.name for one in hit.writers if not one.is_program), "")
    return f"{program} ({below})" if program and below else program or below or hit.library.name
