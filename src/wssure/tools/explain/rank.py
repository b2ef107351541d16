"""Rank the possible causes of a text by the symptoms in its lines.

The first line of a failure has more weight than the lines that follow from it. A client prints the reason of a failed
verification, then that the handshake failed, then that it could not connect.
"""

import re
from bisect import bisect_left
from collections import Counter
from typing import Final

from wssure.diagnose.causes import find
from wssure.evidence import Confidence
from wssure.tools.explain import libwebsockets, question
from wssure.tools.explain.fix import fix_for
from wssure.tools.explain.model import Candidate, Context, Hit
from wssure.tools.explain.symptom import Guess, guesses

# Final lines after many kinds of failure; they are ignored near a more specific line. 1 reports a TLS failure, 2 only a
# missing connection.
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
# Secrets in log lines. Results are shared more freely than logs, so they are removed.
_SECRETS: Final = re.compile(
    r"(cookie[\"']?\s*[=:]).*|"
    r"((?:authorization|token|passw(?:or)?d|secret|api[-_]?key|signature)[\"']?\s*[=:]\s*[\"']?(?:bearer |basic )?)[^\s\"',;&]+|"
    r"(//)[^/\s@]+@|([?&][\w.%-]+=)[^\s&\"']+",
    re.IGNORECASE,
)
_ORDER: Final = list(Confidence)


def rank(hits: list[Hit], context: Context) -> tuple[Candidate, ...]:
    """Rank by confidence, then by the number of supporting lines, then by order; one candidate per cause.

    Args:
        hits: The matches in the lines, in order.
        context: Further knowledge of the user.

    Returns:
        The candidates. A candidate is certain only if the whole text allows no other.
    """
    telling = _without_follow_ups(hits)
    votes: Counter[str] = Counter()
    best: dict[str, tuple[tuple[int, int, int], Hit, Guess]] = {}
    for order, hit in enumerate(telling):
        for position, guess in enumerate(_allowed_guesses(hit, context)):
            votes[guess[0]] += 1
            key = (_ORDER.index(guess[1]), order, position)
            if guess[0] not in best or key < best[guess[0]][0]:
                best[guess[0]] = (key, hit, guess)
    chosen = sorted(best.values(), key=lambda ranked: (ranked[0][0], -votes[ranked[2][0]], ranked[0][1:]))
    alone = len(chosen) == 1
    return tuple(_candidate(guess, hit, context, alone=alone) for _, hit, guess in chosen)


def _without_follow_ups(hits: list[Hit]) -> list[Hit]:
    """Return the hits without those near a more specific one."""
    telling = [hit for hit in hits if _guesses_of(hit)]
    more = {level: [hit.number for hit in telling if _level(hit) < level] for level in (0, 1, 2)}
    return [hit for hit in telling if not _is_near(hit.number, more[_level(hit)])]


def _level(hit: Hit) -> int:
    return _FOLLOW_UPS.get(hit.symptom, 0)


def _is_near(number: int, others: list[int]) -> bool:
    """Return True if a line is near one of the others, which are in order."""
    position = bisect_left(others, number - _NEAR_LINES)
    return position < len(others) and others[position] <= number + _NEAR_LINES


def _guesses_of(hit: Hit) -> tuple[Guess, ...]:
    """Return the possible causes of a hit, most likely first."""
    special = libwebsockets.UNDECIDED.get(hit.symptom)
    if special:
        return tuple((cause, Confidence.POSSIBLE, why) for cause, why in special)
    return guesses(hit.symptom, hit.side)


def _allowed_guesses(hit: Hit, context: Context) -> tuple[Guess, ...]:
    """Order the guesses of a hit by the context: the server name of a libwebsockets client depends on its backend."""
    guesses = _guesses_of(hit)
    if not context.lws or not context.tls:
        return guesses
    name = [guess for guess in guesses if guess[0] == "tls.sni-missing"]
    rest = [guess for guess in guesses if guess[0] != "tls.sni-missing"]
    return (*name, *rest) if context.tls == "mbedtls" else (*rest, *name)


def _candidate(guess: Guess, hit: Hit, context: Context, *, alone: bool) -> Candidate:
    cause_id, confidence, why = guess
    cause = find(cause_id)
    if cause is None:
        raise AssertionError(f"the table names {cause_id}, which is no cause")
    if confidence is Confidence.CERTAIN and not alone:
        confidence = Confidence.LIKELY
    fix = fix_for(cause, hit, context)
    return Candidate(
        cause_id, confidence, why, _writer(hit), hit.side, cause.probe, fix, hit.number, _mask_secrets(hit.line)
    )


def _mask_secrets(line: str) -> str:
    """Return a line without user info, query values, tokens, passwords and cookies."""
    return _SECRETS.sub(lambda match: next((group for group in match.groups() if group), "") + "***", line)


def _writer(hit: Hit) -> str:
    """Format the writer of a line: the program, and in brackets the TLS library that it quoted."""
    program = next((writer.name for writer in hit.writers if writer.is_program), "")
    below = next((writer.name for writer in hit.writers if not writer.is_program), "")
    named = f"{program} ({below})" if program and below else program or below
    if hit.library is question.LIBRARY:
        return f"{question.LIBRARY.name} about {named}" if named else question.LIBRARY.name
    return named or hit.library.name
