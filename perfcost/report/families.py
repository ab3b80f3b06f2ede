"""Colours of op kinds: few enough to tell apart, the same in every picture."""

from __future__ import annotations

from perfcost.ops import kind_of

COLOURS = {
    "convolution": "#0072B2",
    "depthwise": "#56B4E9",
    "matmul": "#009E73",
    "elementwise": "#E69F00",
    "pool and reduction": "#CC79A7",
    "movement": "#D55E00",
    "other": "#7F7F7F",
}
"""Family -> colour; a palette that the colour-blind can tell apart (Okabe and Ito)."""

_FAMILY_OF_CATEGORY = {
    "convolution": "convolution",
    "matmul": "matmul",
    "recurrent": "matmul",
    "window": "pool and reduction",
    "reduction": "pool and reduction",
    "normalization": "pool and reduction",
    "activation": "elementwise",
    "elementwise": "elementwise",
    "movement": "movement",
    "lookup": "movement",
    "view": "movement",
    "shape": "movement",
    "conversion": "movement",
    "generator": "movement",
}


def family(kind: str) -> str:
    """The family of an op kind: a key of ``COLOURS``."""
    if kind == "DEPTHWISE_CONV_2D":
        return "depthwise"
    return _FAMILY_OF_CATEGORY.get(kind_of(kind).category, "other")
