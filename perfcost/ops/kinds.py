"""What is known of an op kind apart from its MACs: category, and what its operands are for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from perfcost.ops.categories import CATEGORY_OF

_SETTINGS: Mapping[tuple[int, ...], str] = {
    (0,): "TRANSPOSE_CONV CONV_3D_TRANSPOSE SPLIT FILL RANDOM_STANDARD_NORMAL RANDOM_UNIFORM",
    (1,): """RESHAPE SQUEEZE EXPAND_DIMS TRANSPOSE PAD MIRROR_PAD MEAN SUM REDUCE_PROD REDUCE_MAX
        REDUCE_MIN REDUCE_ANY REDUCE_ALL ARG_MAX ARG_MIN CUMSUM TILE RESIZE_BILINEAR
        RESIZE_NEAREST_NEIGHBOR REVERSE_V2 REVERSE_SEQUENCE BROADCAST_TO TOPK_V2 ONE_HOT MULTINOMIAL
        STABLEHLO_DYNAMIC_SLICE RFFT2D""",
    (1, 2): "PADV2 SLICE SPLIT_V BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND DILATE STABLEHLO_PAD",
    (1, 2, 3): "STRIDED_SLICE",
    (0, 1, 2): "RANGE",
    (2,): "DYNAMIC_UPDATE_SLICE SCATTER_ND",
    (1, 2, 3, 4): "REDUCE_WINDOW",
    (2, 3, 4, 5): "NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5",
}
_WEIGHTS: Mapping[str, tuple[int, ...]] = {
    "CONV_2D": (1,),
    "DEPTHWISE_CONV_2D": (1,),
    "TRANSPOSE_CONV": (1,),
    "FULLY_CONNECTED": (1,),
    "CONV_3D": (1,),
    "CONV_3D_TRANSPOSE": (1,),
    "STABLEHLO_CONVOLUTION": (1,),
    "SVDF": (1, 2),
    "RNN": (1, 2),
    "UNIDIRECTIONAL_SEQUENCE_RNN": (1, 2),
    "BIDIRECTIONAL_SEQUENCE_RNN": (1, 2, 5, 6, 10, 11),
    # input (1-4), recurrent (5-8), peephole (9-11), projection (16)
    "LSTM": (*range(1, 12), 16),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": (*range(1, 12), 16),
    "BIDIRECTIONAL_SEQUENCE_LSTM": (*range(1, 12), 16, *range(18, 29), 33, *range(40, 48)),
}
_BIASES: Mapping[str, tuple[int, ...]] = {
    "CONV_2D": (2,),
    "DEPTHWISE_CONV_2D": (2,),
    "FULLY_CONNECTED": (2,),
    "TRANSPOSE_CONV": (3,),
    "CONV_3D": (2,),
    "CONV_3D_TRANSPOSE": (3,),
    "SVDF": (3,),
    "RNN": (3,),
    "UNIDIRECTIONAL_SEQUENCE_RNN": (3,),
    "BIDIRECTIONAL_SEQUENCE_RNN": (3, 7),
    "LSTM": (12, 13, 14, 15, 17),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": (12, 13, 14, 15, 17, 20, 21, 22, 23),
    "BIDIRECTIONAL_SEQUENCE_LSTM": (*range(12, 16), 17, *range(29, 33), 34),
}


@dataclass(frozen=True, slots=True)
class OpKind:
    """One row of the table.

    Attributes:
        name: the TFLite builtin, ``CUSTOM`` or ``BUILTIN_<n>``.
        category: one of ``perfcost.ops.categories.CATEGORIES``.
        settings: operands that steer the op (axes, pads, a shape) and hold no data.
        weights: operands that are multiplied with the data.
        biases: operands that are added to a sum of products.
    """

    name: str
    category: str
    settings: frozenset[int] = frozenset()
    weights: frozenset[int] = frozenset()
    biases: frozenset[int] = frozenset()


@cache
def _table() -> Mapping[str, OpKind]:
    settings = {kind: slots for slots, kinds in _SETTINGS.items() for kind in kinds.split()}
    return {
        name: OpKind(
            name,
            category,
            frozenset(settings.get(name, ())),
            frozenset(_WEIGHTS.get(name, ())),
            frozenset(_BIASES.get(name, ())),
        )
        for name, category in CATEGORY_OF.items()
    }


def known_kinds() -> frozenset[str]:
    """The names of all builtins that the table has a row for."""
    return frozenset(_table())


@cache
def kind_of(name: str) -> OpKind:
    """The row of a kind; one that nobody here knows is ``other``: costed by its bytes."""
    return _table().get(name) or OpKind(name, "other")
