"""Which rule gives the type of which operator."""

from __future__ import annotations

from collections.abc import Callable

from perfcost.frontends.relay.attributes import Attrs, Mismatch
from perfcost.frontends.relay.inference import elementwise, joins, layers, movement
from perfcost.frontends.relay.types import Type

Rule = Callable[[list[Type | None], Attrs], Type | None]

_RULES: dict[str, Rule] = {
    **dict.fromkeys(elementwise.UNARY, elementwise.unary),
    **dict.fromkeys(elementwise.BINARY, elementwise.binary),
    **dict.fromkeys(elementwise.COMPARISONS, elementwise.comparison),
    **dict.fromkeys(
        ("mean", "sum", "max", "min", "prod", "all", "any", "variance", "std"), movement.reduction
    ),
    **dict.fromkeys(("argmax", "argmin"), movement.argument),
    **dict.fromkeys(
        ("qnn.add", "qnn.mul", "qnn.subtract"), elementwise.binary
    ),
    **dict.fromkeys(
        ("qnn.sigmoid", "qnn.tanh", "qnn.exp", "qnn.sqrt", "qnn.rsqrt", "qnn.erf", "qnn.abs",
         "qnn.log", "qnn.hardswish", "qnn.leaky_relu"), elementwise.unary
    ),
    **dict.fromkeys(("broadcast_to", "zeros", "ones", "full", "dyn.full"), movement.given_shape),
    **dict.fromkeys(("nn.max_pool2d", "nn.avg_pool2d", "qnn.avg_pool2d"), layers.pool2d),
    **dict.fromkeys(("nn.global_avg_pool2d", "nn.global_max_pool2d"), layers.global_pool2d),
    **dict.fromkeys(
        ("nn.adaptive_avg_pool2d", "nn.adaptive_max_pool2d"), layers.adaptive_pool2d
    ),
    "where": elementwise.where,
    "cast": elementwise.cast,
    "cast_like": elementwise.cast_like,
    "qnn.quantize": elementwise.quantize,
    "qnn.requantize": elementwise.quantize,
    "qnn.dequantize": elementwise.dequantize,
    "qnn.softmax": elementwise.unary,
    "nn.conv2d": layers.conv2d,
    "qnn.conv2d": layers.conv2d,
    "nn.conv2d_transpose": layers.conv2d_transpose,
    "qnn.conv2d_transpose": layers.conv2d_transpose,
    "nn.dense": layers.dense,
    "qnn.dense": layers.dense,
    "nn.batch_matmul": layers.batch_matmul,
    "qnn.batch_matmul": layers.batch_matmul,
    "nn.matmul": layers.matmul,
    "nn.batch_norm": layers.batch_norm,
    "nn.upsampling": layers.upsampling,
    "image.resize2d": layers.resize2d,
    "reshape": movement.reshape,
    "contrib_reverse_reshape": movement.reshape,
    "nn.batch_flatten": movement.batch_flatten,
    "transpose": movement.transpose,
    "layout_transform": movement.layout_transform,
    "concatenate": joins.concatenate,
    "qnn.concatenate": joins.quantized_concatenate,
    "stack": joins.stack,
    "split": joins.split,
    "expand_dims": movement.expand_dims,
    "squeeze": movement.squeeze,
    "strided_slice": movement.strided_slice,
    "nn.pad": movement.pad,
    "take": joins.take,
    "tile": movement.tile,
}  # fmt: skip


class _Infer:
    """``infer(op, types of the operands, attributes)``, and which operators it knows."""

    def knows(self, op: str) -> bool:
        return op in _RULES

    def __call__(self, op: str, types: list[Type | None], attrs: Attrs) -> Type | None:
        """The type of the result, ``None`` where there is no rule or too little is known.

        Raises:
            Mismatch: operands or attributes do not fit the operator.
        """
        rule = _RULES.get(op)
        if rule is None:
            return None
        try:
            return rule(types, attrs)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            # a damaged text can give a rule any ranks and any lists
            raise Mismatch(f"operands and attributes do not fit ({error})") from None


infer = _Infer()
