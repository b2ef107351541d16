"""Draw the benchmark's bars as an SVG: one group per workload, on a logarithmic scale."""

from __future__ import annotations

import math
from html import escape

COLORS = ("#0b6e4f", "#5fb49c", "#9bd1a5", "#b8651b", "#e0a458", "#f2d0a4", "#4a6fa5", "#9a9a9a", "#c3b1e1", "#7a5c3e")
BAR, GAP, LEFT, WIDTH = 13, 16, 210, 620


def draw(rows: list[str], peers: list[str], values: dict[tuple[str, str], float]) -> str:
    """Return the SVG text.

    Args:
        rows: The workloads, top to bottom.
        peers: The libraries, in order.
        values: Ratio to the C reference by (row, peer).
    """
    most = max(values.values(), default=1.0)
    scale = WIDTH / max(1.0, math.log10(max(most, 1.0) / 0.1))
    parts: list[str] = []
    y = 50
    for index, peer in enumerate(peers):
        x = LEFT + (index % 4) * 160
        at = 14 + (index // 4) * 16
        parts.append(f'<rect x="{x}" y="{at - 9}" width="10" height="10" fill="{COLORS[index % len(COLORS)]}"/>')
        parts.append(f'<text x="{x + 14}" y="{at}">{escape(peer)}</text>')
    for row in rows:
        top = y
        for index, peer in enumerate(peers):
            value = values.get((row, peer))
            if value is None:
                continue
            wide = max(1.0, math.log10(max(value, 0.1) / 0.1) * scale)
            color = COLORS[index % len(COLORS)]
            parts.append(f'<rect x="{LEFT}" y="{y}" width="{wide:.1f}" height="{BAR - 2}" fill="{color}"/>')
            parts.append(f'<text x="{LEFT + wide + 4:.1f}" y="{y + 9}">{value:.2f}</text>')
            y += BAR
        parts.append(f'<text x="{LEFT - 8}" y="{(top + y) / 2 + 4:.0f}" text-anchor="end">{escape(row)}</text>')
        y += GAP
    one = LEFT + math.log10(10) * scale
    parts.append(f'<line x1="{one:.1f}" y1="40" x2="{one:.1f}" y2="{y}" stroke="#000" stroke-dasharray="3 3"/>')
    parts.append(f'<text x="{one + 3:.1f}" y="46">1.0 = C</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 60}" height="{y + 10}" '
        f'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>\n'
    )
