"""Draw timings and handshake as one SVG picture: the waterfall above, the ladder of messages below."""

from collections.abc import Iterable, Sequence
from typing import Final
from xml.sax.saxutils import escape

from wssure.evidence import Phase
from wssure.facts import Fact
from wssure.text import printable
from wssure.tools.draw.ladder import Rung, rungs

_WIDTH: Final = 960
_MARGIN: Final = 24
_ROW: Final = 26
_NAMES: Final = 260
_CLIENT_X: Final = 60
_SERVER_X: Final = 430
_INK: Final = "#1c2733"
_FAINT: Final = "#8a97a5"
_BAD: Final = "#b3261e"
_FILLS: Final = {"resolve": "#7d8fa3", "dial": "#4f7cac", "proxy": "#8a6fb0", "tls": "#2e8b72", "upgrade": "#c08a2d"}


def svg(phases: Sequence[Phase], facts: Iterable[Fact], *, title: str) -> str:
    """Draw one connection.

    Args:
        phases: The timed steps, in any order.
        facts: The observations.
        title: For the head of the picture; escaped here.

    Returns:
        A whole SVG document.
    """
    drawn = rungs(facts)
    timed = sorted(phases, key=lambda phase: phase.start_ms)
    top = _MARGIN + 36
    bars, ladder_top = _waterfall(timed, top), top + _ROW * (len(timed) + 1)
    lines = _ladder(drawn, ladder_top) if drawn else []
    height = ladder_top + (_ROW * (len(drawn) + 2) if drawn else 0)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}" '
        'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13">'
    )
    marker = "<defs>" + _tip("tip", _INK) + _tip("end", _BAD) + "</defs>"
    sheet = f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>'
    return "\n".join(
        [head, marker, sheet, _text(_MARGIN, _MARGIN + 8, title, weight="bold", most=110), *bars, *lines, "</svg>", ""]
    )


def _tip(name: str, fill: str) -> str:
    """Return the head of an arrow."""
    return (
        f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
        f'orient="auto-start-reverse"><path d="M0 0 L10 5 L0 10 z" fill="{fill}"/></marker>'
    )


def _text(
    x: float, y: float, text: str, *, fill: str = _INK, anchor: str = "start", weight: str = "normal", most: int = 80
) -> str:
    safe = escape(printable(text, most))
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{fill}" text-anchor="{anchor}" font-weight="{weight}">{safe}</text>'


def _waterfall(phases: Sequence[Phase], top: int) -> list[str]:
    total = max((phase.start_ms + phase.ms for phase in phases), default=0.0) or 1.0
    left, span = _MARGIN + _NAMES, _WIDTH - 2 * _MARGIN - _NAMES - 90
    lines = []
    for number, phase in enumerate(phases):
        y = top + number * _ROW
        x, wide = left + phase.start_ms / total * span, max(phase.ms / total * span, 2.0)
        fill = _FILLS.get(phase.name, _FAINT) if phase.ok else _BAD
        lines.append(_text(_MARGIN, y + 13, f"{phase.name}  {phase.address or ''}", most=34))
        lines.append(f'<rect x="{x:.1f}" y="{y + 2}" width="{wide:.1f}" height="14" rx="2" fill="{fill}"/>')
        mark = "" if phase.ok else " ✗"
        lines.append(_text(x + wide + 6, y + 13, f"{phase.ms:.1f} ms{mark}", fill=_INK if phase.ok else _BAD))
    return lines


def _ladder(drawn: Sequence[Rung], top: int) -> list[str]:
    bottom = top + _ROW * (len(drawn) + 1)
    lines = [
        _text(_CLIENT_X, top + 8, "client", anchor="middle", weight="bold"),
        _text(_SERVER_X, top + 8, "server", anchor="middle", weight="bold"),
    ]
    for x in (_CLIENT_X, _SERVER_X):
        lines.append(f'<line x1="{x}" y1="{top + 16}" x2="{x}" y2="{bottom}" stroke="{_FAINT}" stroke-width="1.5"/>')
    for number, rung in enumerate(drawn):
        lines += _rung(rung, top + _ROW * (number + 1) + 14)
    return lines


def _rung(rung: Rung, y: int) -> list[str]:
    start, stop = (_CLIENT_X, _SERVER_X) if rung.to_server else (_SERVER_X, _CLIENT_X)
    middle = (_CLIENT_X + _SERVER_X) / 2
    stroke = _BAD if rung.missing or rung.end else _INK
    style = 'stroke-dasharray="3 5"' if rung.missing else f'marker-end="url(#{"end" if rung.end else "tip"})"'
    lines = [f'<line x1="{start}" y1="{y}" x2="{stop}" y2="{y}" stroke="{stroke}" stroke-width="1.5" {style}/>']
    # A plate under the label keeps it readable on the line.
    wide = min(len(rung.label), 32) * 8 + 12
    lines.append(f'<rect x="{middle - wide / 2:.1f}" y="{y - 9}" width="{wide}" height="18" fill="#ffffff"/>')
    lines.append(_text(middle, y + 4, rung.label, fill=stroke, anchor="middle", most=32))
    detail = rung.detail
    if rung.missing:
        word = "missing" if rung.to_server else "never came"
        detail = f"✗ {word}{', ' + detail if detail else ''}"
    lines.append(_text(_SERVER_X + 14, y + 4, detail, fill=_BAD if rung.missing else _INK, most=60))
    return lines
