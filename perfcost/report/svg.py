"""An SVG picture of where the time goes: the families of ops, then every op in order."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from perfcost.estimation import Estimate
from perfcost.graph import Graph
from perfcost.report.families import COLOURS
from perfcost.report.rows import Row, families, rows_of
from perfcost.text import shown

_WIDTH = 980
_MARGIN = 24
_ROW = 19
_BAR = 13
_LEFT = 372
_RIGHT = 700
"""Left and right end of the bars; the label stands before, the figure behind."""


def time_picture(estimate: Estimate, graph: Graph | None = None) -> str:
    """The picture as the text of an .svg file; ``graph`` adds the shapes of results."""
    rows = rows_of(estimate, graph)
    top = 118
    height = top + _ROW * max(1, len(rows)) + 30
    name = shown(estimate.model.name, 60)
    total = estimate.latency_ms
    title = f"{name} on {shown(estimate.target, 80)}"
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" role="img" font-family="Helvetica, Arial, sans-serif">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(_MARGIN, 34, title, size=17, weight="bold"),
        _text(_MARGIN, 54, _subtitle(estimate), colour="#444444"),
        *_stack(families(estimate.ops), 66),
    ]
    longest = max((row.ms for row in rows), default=0.0)
    for position, row in enumerate(rows):
        body += _bar(row, top + _ROW * position, longest, total)
    if not rows:
        body.append(_text(_MARGIN, top + _BAR, "no ops"))
    return "\n".join([*body, "</svg>", ""])


def _subtitle(estimate: Estimate) -> str:
    if estimate.latency_ms is None:
        return "the device runs none of the ops"
    words = f"{estimate.latency_ms:.4g} ms, {len(estimate.ops)} ops"
    missing = sum(not op.supported for op in estimate.ops)
    if missing:
        words += f"; {missing} that the device does not run are not in the time"
    return words


def _stack(parts: Sequence[tuple[str, float]], y: int) -> list[str]:
    """One bar of all families, and the legend under it."""
    total = sum(ms for _, ms in parts)
    if total <= 0:
        return []
    found: list[str] = []
    x = float(_MARGIN)
    legend = float(_MARGIN)
    for name, ms in parts:
        width = (_WIDTH - 2 * _MARGIN) * ms / total
        found.append(_rectangle(x, y, width, 14, name))
        x += width
        words = f"{name} {100 * ms / total:.1f} %"
        found.append(_rectangle(legend, y + 22, 10, 10, name))
        found.append(_text(legend + 15, y + 31, words, size=12))
        legend += 33 + 6.6 * len(words)
    return found


def _bar(row: Row, y: int, longest: float, total: float | None) -> list[str]:
    found = [
        _text(_MARGIN + 44, y + 11, row.place, size=12, anchor="end", colour="#666666"),
        _text(_MARGIN + 54, y + 11, shown(row.words, 40), size=12),
    ]
    x = float(_LEFT)
    for name, ms in row.parts:
        width = (_RIGHT - _LEFT) * ms / longest
        # A bar of no width would say that the op is free.
        found.append(_rectangle(x, y, max(width, 0.5), _BAR, name))
        x += width
    if row.parts:
        share = f"  {100 * row.ms / total:.1f} %" if total else ""
        words = f"{row.ms:.4g} ms{share}"
    else:
        words = "" if row.unsupported else "free"
    if row.unsupported:
        words += f"  {row.unsupported} not run" if row.parts else "not run by the device"
    found.append(_text(_RIGHT + 12, y + 11, words.strip(), size=12))
    return found


def _rectangle(x: float, y: float, width: float, height: float, family: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{height}" '
        f'fill="{COLOURS[family]}"/>'
    )


def _text(
    x: float,
    y: float,
    words: str,
    *,
    size: int = 13,
    weight: str = "normal",
    anchor: str = "start",
    colour: str = "#111111",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}" fill="{colour}" xml:space="preserve">{escape(words)}</text>'
    )
