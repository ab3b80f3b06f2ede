"""An SVG picture of a placed graph: boxes of ops, coloured by device, in the order they run."""

from __future__ import annotations

from xml.sax.saxutils import escape

from perfcost.placement.result import Placement
from perfcost.report.folding import Box, boxes
from perfcost.text import shown

_COLOURS = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#D55E00")
"""By position of the device: a palette that the colour-blind can tell apart (Okabe and Ito)."""
_BOX_WIDTH, _BOX_HEIGHT = 216, 40
_GAP_X, _GAP_Y = 16, 26
_MARGIN, _TOP = 24, 96
_LAYERS = 12
"""Layers in one column of the picture; a deeper graph goes on in the next."""


def placement_picture(placement: Placement) -> str:
    """The picture as the text of an .svg file."""
    found = boxes(placement)
    places, columns, rows = _laid_out(found)
    width = max(_MARGIN + columns, 720)
    height = _TOP + rows * (_BOX_HEIGHT + _GAP_Y) + 8
    name = shown(placement.graph.name, 60)
    title = f"{name} on {shown(placement.system.name, 60)}"
    energy = "" if placement.energy_mj is None else f", {placement.energy_mj:.3g} mJ"
    words = (
        f"{placement.latency_ms:.4g} ms{energy}, {placement.hand_over_ms:.3g} ms of it hand-overs; "
        f"{len(placement.graph.ops)} ops in {len(placement.placed)} regions"
    )
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" font-family="Helvetica, Arial, sans-serif">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        _text(_MARGIN, 32, title, size=17, weight="bold"),
        _text(_MARGIN, 52, words, colour="#444444"),
        *_legend(placement),
    ]
    for place, box in enumerate(found):
        for source, nbytes in box.after:
            body += _line(places[source], places[place], nbytes)
    for place, box in enumerate(found):
        body += _box(box, places[place], placement)
    if not found:
        body.append(_text(_MARGIN, _TOP + 14, "no ops"))
    return "\n".join([*body, "</svg>", ""])


def _laid_out(found: list[Box]) -> tuple[list[tuple[int, int]], int, int]:
    """(left upper corner of each box, width of all columns, rows of the longest)."""
    layers: dict[int, list[int]] = {}
    for place, box in enumerate(found):
        layers.setdefault(box.layer, []).append(place)
    places = [(0, 0)] * len(found)
    left, longest = _MARGIN, 0
    for start in range(0, len(layers), _LAYERS):
        own = [layers[layer] for layer in range(start, min(start + _LAYERS, len(layers)))]
        across = max(len(layer) for layer in own)
        longest = max(longest, len(own))
        for row, layer in enumerate(own):
            # Layers are centred in their column.
            shift = (across - len(layer)) * (_BOX_WIDTH + _GAP_X) // 2
            for slot, place in enumerate(layer):
                x = left + shift + slot * (_BOX_WIDTH + _GAP_X)
                places[place] = (x, _TOP + row * (_BOX_HEIGHT + _GAP_Y))
        left += across * (_BOX_WIDTH + _GAP_X) + 2 * _GAP_X
    return places, left, longest


def _legend(placement: Placement) -> list[str]:
    found = []
    x = _MARGIN
    for number, device in enumerate(placement.system.devices):
        own = [placed for placed in placement.placed if placed.region.device == device.name]
        ops = sum(len(placed.region.ops) for placed in own)
        time = sum(placed.latency_ms for placed in own)
        words = f"{device.name} ({shown(device.target.name, 40)}): {ops} ops, {time:.4g} ms"
        found.append(f'<rect x="{x}" y="66" width="12" height="12" fill="{_colour(number)}"/>')
        found.append(_text(x + 17, 76, words, size=12))
        x += 34 + int(6.4 * len(words))
    return found


def _box(box: Box, at: tuple[int, int], placement: Placement) -> list[str]:
    x, y = at
    span = str(box.ops[0]) if len(box.ops) == 1 else f"{box.ops[0]}..{box.ops[-1]}"
    full = ", ".join(f"{op} {placement.graph.ops[op].kind}" for op in box.ops[:400])
    device = placement.system.devices[box.device].name
    return [
        f"<g><title>{escape(shown(f'{device}: {full}', 4000))}</title>",
        f'<rect x="{x}" y="{y}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="5" '
        f'fill="{_colour(box.device)}" stroke="#333333" stroke-width="0.7"/>',
        _text(x + 8, y + 16, shown(box.words(placement.graph), 33), size=11),
        _text(x + 8, y + 32, f"{span}  {box.ms:.3g} ms", size=11, colour="#222222"),
        "</g>",
    ]


def _line(source: tuple[int, int], target: tuple[int, int], nbytes: int) -> list[str]:
    """From box to box; thick, and with its size, where a tensor crosses between devices."""
    x1, y1 = source[0] + _BOX_WIDTH // 2, source[1] + _BOX_HEIGHT
    x2, y2 = target[0] + _BOX_WIDTH // 2, target[1]
    style = 'stroke="#B00020" stroke-width="1.8"' if nbytes else 'stroke="#999999"'
    found = [f'<path d="M{x1} {y1} C{x1} {y1 + 16} {x2} {y2 - 16} {x2} {y2}" fill="none" {style}/>']
    if nbytes:
        where = ((x1 + x2) // 2 + 5, (y1 + y2) // 2 + 4)
        found.append(_text(*where, f"{nbytes / 1024:,.1f} KiB", size=10, colour="#B00020"))
    return found


def _colour(device: int) -> str:
    return _COLOURS[device % len(_COLOURS)]


def _text(
    x: int, y: int, words: str, *, size: int = 13, weight: str = "normal", colour: str = "#111111"
) -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{colour}" '
        f'xml:space="preserve">{escape(words)}</text>'
    )
