"""What to say of an op that a family does not run at all."""

from __future__ import annotations

from collections.abc import Mapping

from perfcost.graph import Op
from perfcost.physics.price import Reason

_CONTROL_FLOW = frozenset(
    "IF WHILE CALL CALL_ONCE STABLEHLO_WHILE STABLEHLO_CASE STABLEHLO_COMPOSITE".split()
)

_EDITS: Mapping[str, str] = {
    "DEQUANTIZE": "end the network with its int8 output and dequantise on the host",
    "DENSIFY": "convert the model with dense weights",
    "SHAPE": "convert the model with fixed shapes, so that no shape is computed",
    "GATHER": "replace it by slices and a CONCATENATION",
    "DIV": "multiply by the reciprocal, a constant where the divisor is one",
    "CAST": "quantise the model throughout, so that no cast is left",
    "SQRT": "use RSQRT and a MUL",
    "SQUARE": "use MUL of the tensor with itself",
    "POW": "use MUL of the tensor with itself",
    "FLOOR_DIV": "compute it on the host",
    "DEPTH_TO_SPACE": "use RESHAPE and TRANSPOSE, or a TRANSPOSE_CONV",
    "SPACE_TO_DEPTH": "use RESHAPE and TRANSPOSE, or a CONV_2D of stride 2",
    "SPACE_TO_BATCH_ND": "use a dilated convolution (let the converter fuse the three ops)",
    "BATCH_TO_SPACE_ND": "use a dilated convolution (let the converter fuse the three ops)",
    "L2_NORMALIZATION": "use MUL, SUM, RSQRT and MUL",
    "SVDF": "use CONV_2D and FULLY_CONNECTED",
    "GATHER_ND": "replace it by slices and a CONCATENATION",
    "BROADCAST_TO": "use TILE, or let ADD or MUL broadcast",
    "LOG_SOFTMAX": "use SOFTMAX where the order of the scores is all that counts",
    "ARG_MIN": "negate the input (NEG) and use ARG_MAX",
    "VAR_HANDLE": "make the state an input and an output of the network",
    "READ_VARIABLE": "make the state an input and an output of the network",
    "ASSIGN_VARIABLE": "make the state an input and an output of the network",
}


def unknown(op: Op, family: str) -> Reason:
    """The reason for a kind that is in no table of the family."""
    if op.kind in _CONTROL_FLOW:
        return Reason(
            "control_flow",
            f"an {family} runs no control flow",
            "the op",
            op.kind,
            "unroll the loop or take the branch when the model is converted",
        )
    name = op.kind
    if op.kind == "CUSTOM":
        name = f"custom op {op.attrs.get('custom_code', '')!r}"
    return Reason(
        "unknown_op",
        f"an {family} runs the ops of its list",
        "the op",
        name,
        _EDITS.get(op.kind, "replace it by ops that the NPU has, or move it to the host"),
    )
