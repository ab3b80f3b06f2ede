"""Which constraints each kind of op has on each family.

An Ethos-U65 has the constraints of an Ethos-U55. A kind that is in no table of a family runs on the
CPU there.
"""

from __future__ import annotations

from collections.abc import Mapping

from perfcost.physics.ethos_u.support import (
    axes,
    elementwise,
    indexing,
    resize,
    slices,
    transposes,
    weights,
    windows,
)
from perfcost.physics.ethos_u.support.general import Policy
from perfcost.physics.ethos_u.support.roles import LAYOUTS, U85_ONLY, Layout
from perfcost.physics.ethos_u.support.rule import Rule

Rules = tuple[Rule, ...]
Table = Mapping[str, tuple[Policy, Layout, Rules]]

_BOTH: Mapping[str, Rules] = {
    "CONV_2D": weights.WEIGHTED,
    "DEPTHWISE_CONV_2D": weights.WEIGHTED,
    "TRANSPOSE_CONV": (*weights.WEIGHTED, *windows.TRANSPOSE_CONV),
    "FULLY_CONNECTED": (*weights.WEIGHTED, *weights.FULLY_CONNECTED),
    "AVERAGE_POOL_2D": windows.AVERAGE_POOL,
    "MAX_POOL_2D": windows.MAX_POOL,
    "MEAN": (*slices.CONSTANT, *axes.MEAN),
    "SLICE": slices.CONSTANT,
    "STRIDED_SLICE": slices.STRIDED_SLICE,
    "PAD": slices.PAD,
    "PADV2": slices.PAD,
    "MIRROR_PAD": slices.PAD,
    "TRANSPOSE": (*slices.CONSTANT, *transposes.TRANSPOSE),
    "MINIMUM": elementwise.EXTREME,
    "MAXIMUM": elementwise.EXTREME,
    "RSQRT": elementwise.RSQRT,
    "SOFTMAX": elementwise.SOFTMAX,
    "GELU": elementwise.GELU,
    "ELU": elementwise.ELU,
    "LOG": elementwise.LOG,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": elementwise.LSTM,
    **dict.fromkeys(
        """ARG_MAX REDUCE_ALL REDUCE_ANY REDUCE_MAX REDUCE_MIN REVERSE_V2 SPLIT SPLIT_V SUM
        TILE""".split(),
        slices.CONSTANT,
    ),
}

_U55: Mapping[str, Rules] = {
    "CONV_2D": windows.UNROLLED_STRIDE_U55,
    "AVERAGE_POOL_2D": windows.UNROLLED_STRIDE_U55,
    "MAX_POOL_2D": windows.UNROLLED_STRIDE_U55,
    "DEPTHWISE_CONV_2D": windows.STRIDE_U55,
    "TRANSPOSE_CONV": windows.TRANSPOSE_CONV_U55,
    "FULLY_CONNECTED": weights.PRODUCT_U55,
    "BATCH_MATMUL": weights.PRODUCT_U55,
    "ARG_MAX": axes.ARG_MAX_U55,
    "REVERSE_V2": axes.REVERSE_U55,
    "TRANSPOSE": transposes.TRANSPOSE_U55,
    "RESIZE_BILINEAR": resize.RESIZE_U55,
    "RESIZE_NEAREST_NEIGHBOR": resize.RESIZE_U55,
}

_U85: Mapping[str, Rules] = {
    "GATHER": indexing.GATHER_U85,
    "SCATTER_ND": indexing.SCATTER_U85,
    "RESIZE_BILINEAR": resize.BILINEAR_U85,
    "RESIZE_NEAREST_NEIGHBOR": resize.NEAREST_U85,
}


def _family(u85: bool) -> Table:
    own = _U85 if u85 else _U55
    return {
        kind: (Policy.of(kind, u85), layout, (*_BOTH.get(kind, ()), *own.get(kind, ())))
        for kind, layout in LAYOUTS.items()
        if u85 or kind not in U85_ONLY
    }


_SMALL = _family(u85=False)

TABLES: Mapping[str, Table] = {
    "ethos-u55": _SMALL,
    "ethos-u65": _SMALL,
    "ethos-u85": _family(u85=True),
}
"""Family -> kind -> what every tensor must be, what each input is, and the kind's own rules."""
