"""Attributes of window ops as the caller may write them, as the IR has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perfcost.errors import InvalidGraph
from perfcost.graph import AttrValue, Tensor
from perfcost.shapes import same_padding

_IMAGE = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 0, "TRANSPOSE_CONV": 2, "AVERAGE_POOL_2D": 0,
          "MAX_POOL_2D": 0, "L2_POOL_2D": 0}  # fmt: skip
_PAIRS = ("stride", "dilation", "window")


def window_attributes(
    kind: str, operands: Sequence[Tensor | None], given: Mapping[str, AttrValue]
) -> dict[str, AttrValue]:
    """``given`` with defaults, pairs for single numbers and the padding made explicit.

    Raises:
        InvalidGraph: a padding that is none, or SAME without an image and a window.
    """
    attrs = dict(given)
    for name in _PAIRS:
        value = attrs.get(name)
        if isinstance(value, int):
            attrs[name] = (value, value)
    if kind not in _IMAGE:
        return attrs
    attrs.setdefault("stride", (1, 1))
    attrs.setdefault("activation", "NONE")
    if kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
        attrs.setdefault("dilation", (1, 1))
    padding = attrs.setdefault("padding", "SAME")
    if padding == "SAME":
        attrs["padding"] = _same(kind, operands, attrs)
    elif padding == "VALID":
        attrs["padding"] = (0, 0, 0, 0)
    elif not isinstance(padding, tuple):
        raise InvalidGraph(
            f"padding {padding!r}, expected SAME, VALID or (top, left, bottom, right)"
        )
    return attrs


def _pair(attrs: Mapping[str, AttrValue], name: str) -> tuple[int, int]:
    value = attrs.get(name, (1, 1))
    if not isinstance(value, tuple) or len(value) != 2 or min(value) < 1:
        raise InvalidGraph(f"{name} {value!r}, expected (height, width) of at least 1")
    return value[0], value[1]


def _same(
    kind: str, operands: Sequence[Tensor | None], attrs: Mapping[str, AttrValue]
) -> tuple[int, int, int, int]:
    slot = _IMAGE[kind]
    image = operands[slot] if slot < len(operands) else None
    weights = operands[1] if len(operands) > 1 else None
    window = _pair(attrs, "window")
    if "window" not in attrs and weights is not None and len(weights.shape) == 4:
        window = (weights.shape[1], weights.shape[2])
    if image is None or len(image.shape) != 4:
        raise InvalidGraph("SAME padding needs an image (N, H, W, C); give the padding")
    stride, dilation = _pair(attrs, "stride"), _pair(attrs, "dilation")
    grow = stride if kind == "TRANSPOSE_CONV" else (1, 1)  # there the window moves over the result
    (top, bottom), (left, right) = (
        same_padding(image.shape[axis + 1] * grow[axis], window[axis], stride[axis], dilation[axis])
        for axis in (0, 1)
    )
    return top, left, bottom, right
