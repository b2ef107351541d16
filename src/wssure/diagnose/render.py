"""Render a failure as text: cause, stage, observations, fix and alternatives."""

import textwrap
from collections.abc import Iterator
from typing import Final

from wssure.diagnose.causes import find
from wssure.diagnose.format_fact import DEFAULT_KINDS, format_fact
from wssure.diagnose.results import format_results
from wssure.diagnose.view import Evidence, text_of
from wssure.evidence import Confidence, Failure, Stage
from wssure.facts import EndpointAddress, EndpointAddressPort
from wssure.fixes import Reader, format_fixes
from wssure.text import printable

_STEPS: Final = {
    Stage.USAGE: "the arguments, before anything was sent",
    Stage.RESOLVE: "name resolution",
    Stage.DIAL: "tcp connect",
    Stage.PROXY: "proxy tunnel request",
    Stage.TLS: "tls handshake",
    Stage.UPGRADE: "websocket upgrade",
    Stage.OPEN: "open connection",
    Stage.CLOSE: "closing handshake",
}
_RED: Final = "1;31"
_BOLD: Final = "1"
_GREEN: Final = "32"
_DIM: Final = "2"
_MARGIN: Final = 8
_MOST_SAW: Final = 12
# Facts that are fetched only on request are shown for every cause.
_ALWAYS: Final = ("fetch.revocation", "fetch.chain", "fetch.result")


def render(
    failure: Failure, *, color: bool = False, width: int = 100, reader: Reader = Reader.PYTHON, level: str = "error"
) -> str:
    """Return the explanation block.

    Args:
        failure: The failure to explain.
        color: Add ANSI colours.
        width: Columns to fill; long lines are folded at words.
        reader: The kind of reader; decides the terms of the fix.
        level: The first word: `error`, or `warning` for a hello that may be right.

    Returns:
        Lines without a final newline. Text of the peer's is escaped.
    """

    def paint(code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if color else text

    head = f"{paint(_RED, f'{level}[{failure.cause}]')}: {paint(_BOLD, printable(failure.summary, 600))}"
    lines = [head]
    for label, content, code in _rows(failure, reader):
        folded = _fold(content, max(width, 40) - _MARGIN)
        label_text = paint(code, f"{label:<6}") if label else " " * 6
        lines += [f"  {label_text if index == 0 else ' ' * 6}{part}" for index, part in enumerate(folded)]
    return "\n".join(lines)


def _rows(failure: Failure, reader: Reader) -> Iterator[tuple[str, str, str]]:
    yield "at", _where(failure), _DIM
    label = "saw"
    for line in _saw(failure):
        yield label, line, _DIM
        label = ""
    label = "tried"
    for line, flipped in format_results(failure):
        yield label, line, _GREEN if flipped else _DIM
        label = ""
    if failure.confidence is not Confidence.CERTAIN and not failure.cause.startswith("unknown."):
        yield "confidence ", str(failure.confidence), _DIM
    label = "fix"
    for line in format_fixes(failure.fixes, reader).splitlines():
        yield label, line, _GREEN
        label = ""
    for alternative in failure.alternatives:
        yield "or", f"{alternative.cause} ({alternative.confidence}): {alternative.why}", _DIM
        if alternative.probe:
            yield "", f"  to decide: {alternative.probe}", _DIM
        # Another way to the same cause has a fix of its own; another cause has a page.
        if alternative.fixes and alternative.cause == failure.cause:
            first, *rest = format_fixes(alternative.fixes, reader).splitlines()
            yield "", f"  fix: {first}", _DIM
            for line in rest:
                yield "", f"       {line}", _DIM
    yield "more", f"wssure explain {failure.cause}", _DIM


def _where(failure: Failure) -> str:
    step = _STEPS[failure.stage]
    connected = [attempt for attempt in failure.attempts if attempt.ok]
    address = text_of(connected[-1].address) if connected else ""
    if not address and len(failure.attempts) == 1:
        address = text_of(failure.attempts[0].address)
    if not address and failure.stage not in (Stage.USAGE, Stage.RESOLVE):
        name, port = failure.fact(EndpointAddress), failure.fact(EndpointAddressPort)
        address = f"{name.address}:{port.port}" if name and port else ""
    evidence = Evidence(failure.stage, failure.facts, failure.attempts)
    if failure.stage is Stage.RESOLVE:
        address = evidence.address
    elif evidence.proxy and failure.stage is not Stage.DIAL:
        address = evidence.peer
    joiner = {Stage.RESOLVE: " of ", Stage.DIAL: " to ", Stage.PROXY: " to "}.get(failure.stage, " with ")
    times = [fact.t_ms for fact in failure.facts if fact.t_ms is not None]
    when = ""
    if times and connected:
        when = f", {max(times[-1] - connected[-1].start_ms - connected[-1].ms, 0):.0f} ms after connect"
    elif times and failure.stage is not Stage.USAGE:
        when = f", {max(times[-1], 0):.0f} ms after the start"
    return step + (joiner + address if address else "") + when


def _saw(failure: Failure) -> list[str]:
    cause = find(failure.cause)
    kinds = dict.fromkeys((*(cause.shows if cause and cause.shows else DEFAULT_KINDS), *_ALWAYS))
    pairs = [pair for kind in kinds for fact in failure.facts if fact.kind == kind for pair in format_fact(fact)]
    if len(failure.attempts) > 1:
        pairs += [
            (
                "tried",
                f"{text_of(attempt.address)}  {'connected' if attempt.ok else text_of(attempt.error) or 'failed'}",
            )
            for attempt in failure.attempts
        ]
    unique = list(dict.fromkeys(pairs))
    left_out = len(unique) - _MOST_SAW
    labels = max((len(label) for label, _ in unique[:_MOST_SAW]), default=0)
    lines = [f"{label:<{labels}}  {text}" for label, text in unique[:_MOST_SAW]]
    return [*lines, f"and {left_out} more facts (--json shows all)"] if left_out > 0 else lines


def _fold(text: str, columns: int) -> list[str]:
    """Fold at words; the lines after the first are indented to stay apart from the next row."""
    safe = printable(text, 2000)
    return textwrap.wrap(
        safe, columns, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    ) or [""]
