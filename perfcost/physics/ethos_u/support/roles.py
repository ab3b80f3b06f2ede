"""What each input of an op is to the compiler: a feature map, a parameter, weights or a bias.

Restates the table of input usages of Regor (tflite/tflite_mapping.cpp, Vela 5.2.0, Apache-2.0) for
the ops that an NPU may run. Inputs that the table does not list are feature maps to it, so that
the axis of an EXPAND_DIMS is held to the dtypes of one.
"""

from __future__ import annotations

from dataclasses import dataclass

ABSENT = 1 << 20
"""A position that no input has."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions of inputs by role; positions from ``listed`` on are feature maps."""

    roles: str

    ifms: tuple[int, ...] = ()
    params: tuple[int, ...] = ()
    weights: int = ABSENT
    bias: int = ABSENT
    listed: int = 0

    @staticmethod
    def of(roles: str) -> Layout:
        """From one letter an input: i feature map, p parameter, w weights, b bias, s state."""
        return Layout(
            roles=roles,
            ifms=tuple(at for at, role in enumerate(roles) if role == "i"),
            params=tuple(at for at, role in enumerate(roles) if role == "p"),
            weights=roles.find("w") if "w" in roles else ABSENT,
            bias=roles.find("b") if "b" in roles else ABSENT,
            listed=len(roles),
        )


_KINDS = {
    "": "CONCATENATION MAXIMUM MINIMUM",
    "i": """ABS AVERAGE_POOL_2D CAST ELU EXP EXPAND_DIMS GELU HARD_SWISH LEAKY_RELU LOG LOGICAL_NOT
        LOGISTIC MAX_POOL_2D NEG PACK QUANTIZE RELU RELU6 RELU_0_TO_1 RELU_N1_TO_1 RSQRT SOFTMAX
        SQUEEZE TANH UNPACK""",
    "ii": """ADD BATCH_MATMUL DIV EQUAL GATHER GREATER GREATER_EQUAL LESS LESS_EQUAL LOGICAL_AND
        LOGICAL_OR MUL NOT_EQUAL SQUARED_DIFFERENCE SUB""",
    "iii": "SELECT SELECT_V2",
    "ip": """ARG_MAX MEAN MIRROR_PAD PAD PRELU REDUCE_ALL REDUCE_ANY REDUCE_MAX REDUCE_MIN RESHAPE
        RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR REVERSE_V2 SUM TILE TRANSPOSE""",
    "ipp": "PADV2 SLICE SPLIT_V",
    "ippp": "STRIDED_SLICE",
    "pi": "SPLIT ASSIGN_VARIABLE",
    "p": "READ_VARIABLE",
    "iip": "SCATTER_ND",
    "iwb": "CONV_2D DEPTHWISE_CONV_2D FULLY_CONNECTED",
    "pwib": "TRANSPOSE_CONV",
    "iwwwwwwwwwwwbbbbwbssbbbb": "UNIDIRECTIONAL_SEQUENCE_LSTM",
}

LAYOUTS = {kind: Layout.of(roles) for roles, kinds in _KINDS.items() for kind in kinds.split()}

U85_ONLY = frozenset(
    """GATHER DIV CAST SELECT SELECT_V2 GREATER GREATER_EQUAL LESS LESS_EQUAL EQUAL NOT_EQUAL
    REDUCE_ANY REDUCE_ALL LOGICAL_OR LOGICAL_AND LOGICAL_NOT SCATTER_ND READ_VARIABLE
    ASSIGN_VARIABLE""".split()
)
"""Kinds that an Ethos-U85 runs and an Ethos-U55 or U65 does not."""
