"""Nets that break one constraint on windows or resizes, and the same after the edit."""

from __future__ import annotations

from support_example import ALL, SMALL, U85, Example
from support_nets import conv, pool, resize, transpose_conv

NEAREST, BILINEAR = "RESIZE_NEAREST_NEIGHBOR", "RESIZE_BILINEAR"
_AVG, _MAX = "AVERAGE_POOL_2D", "MAX_POOL_2D"
_DEPTHWISE = "DEPTHWISE_CONV_2D"
WINDOWS = (
    Example(
        "same",
        "pool_same_filter",
        ALL,
        pool(_AVG, (12, 12), (9, 9), "SAME"),
        pool(_AVG, (12, 12), (9, 9), "VALID"),
    ),
    Example(
        "rows",
        "pool_filter",
        ALL,
        pool(_AVG, (300, 2), (257, 1), "VALID"),
        pool(_AVG, (300, 2), (256, 1), "VALID"),
    ),
    Example(
        "max rows",
        "pool_filter",
        ALL,
        pool(_MAX, (300, 2), (257, 1), "VALID"),
        pool(_MAX, (300, 2), (256, 1), "VALID"),
    ),
    Example(
        "depthwise",
        "stride",
        SMALL,
        conv(kind=_DEPTHWISE, stride=4),
        conv(kind=_DEPTHWISE, stride=3),
    ),
    Example(
        "conv", "stride", SMALL, conv(stride=4, kernel=5), conv(stride=4, kernel=5, pad="VALID")
    ),
    Example(
        "same",
        "transpose_conv_shape",
        ALL,
        transpose_conv((2, 2), (11, 11)),
        transpose_conv((2, 2), (12, 12)),
    ),
    Example(
        "valid",
        "transpose_conv_shape",
        ALL,
        transpose_conv((2, 2), (14, 14), "VALID"),
        transpose_conv((2, 2), (13, 13), "VALID"),
    ),
    Example(
        "stride",
        "transpose_conv_stride",
        SMALL,
        transpose_conv((3, 3), (18, 18)),
        transpose_conv((2, 2), (12, 12)),
    ),
    Example(
        "uneven",
        "transpose_conv_stride",
        SMALL,
        transpose_conv((2, 1), (12, 6)),
        transpose_conv((2, 2), (12, 12)),
    ),
)

_HALF, _CORNERS = {"HalfPixelCenters": True}, {"AlignCorners": True}
RESIZES = (
    Example(
        "three",
        "resize_factor",
        SMALL,
        resize(NEAREST, (4, 4), (12, 12)),
        resize(NEAREST, (4, 4), (8, 8)),
    ),
    Example(
        "half pixel",
        "resize_factor",
        SMALL,
        resize(BILINEAR, (4, 4), (16, 16), **_HALF),
        resize(BILINEAR, (4, 4), (8, 8), **_HALF),
    ),
    Example(
        "uneven",
        "resize_factor",
        SMALL,
        resize(BILINEAR, (4, 4), (8, 16)),
        resize(BILINEAR, (4, 4), (16, 16)),
    ),
    Example(
        "same size",
        "resize_factor",
        SMALL,
        resize(BILINEAR, (4, 4), (4, 4), **_HALF),
        resize(BILINEAR, (4, 4), (4, 4)),
    ),
    Example(
        "corners",
        "resize_factor",
        SMALL,
        resize(BILINEAR, (4, 4), (8, 8), **_CORNERS),
        resize(BILINEAR, (4, 4), (7, 7), **_CORNERS),
    ),
    Example(
        "three",
        "resize_factor",
        U85,
        resize(BILINEAR, (4, 4), (12, 12)),
        resize(BILINEAR, (4, 4), (8, 16)),
    ),
    Example(
        "modes",
        "resize_modes",
        U85,
        resize(BILINEAR, (4, 4), (7, 7), **_HALF, **_CORNERS),
        resize(BILINEAR, (4, 4), (7, 7), **_CORNERS),
    ),
    Example(
        "factor",
        "resize_factor",
        U85,
        resize(NEAREST, (1, 2), (1, 2100)),
        resize(NEAREST, (1, 2), (1, 2000)),
    ),
)
