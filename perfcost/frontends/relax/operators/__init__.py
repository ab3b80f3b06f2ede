"""Operators of Relax by name, each with what makes ops of TFLite of it."""

from perfcost.frontends.relax.lowering import Handler
from perfcost.frontends.relax.operators import dense, movement, norms, pointwise, windows
from perfcost.frontends.relax.operators.movement import opaque
from perfcost.frontends.relax.operators.pointwise import elementwise, reduction, unary

HANDLERS: dict[str, Handler] = {
    "nn.conv2d": windows.convolution,
    "nn.conv2d_transpose": windows.transposed_convolution,
    "nn.max_pool2d": windows.pool("MAX_POOL_2D"),
    "nn.avg_pool2d": windows.pool("AVERAGE_POOL_2D"),
    "image.resize2d": windows.resize,
    "matmul": dense.product,
    "add": elementwise("ADD", fuses=True),
    "subtract": pointwise.difference,
    "multiply": elementwise("MUL", fuses=True),
    "divide": elementwise("DIV", fuses=True),
    "minimum": elementwise("MINIMUM"),
    "maximum": elementwise("MAXIMUM"),
    "power": elementwise("POW"),
    "nn.relu": unary("RELU"),
    "nn.leakyrelu": pointwise.leaky_relu,
    "nn.gelu": unary("GELU", {"approximate": False}),
    "nn.gelu_tanh": unary("GELU", {"approximate": True}),
    "nn.silu": pointwise.swish,
    "nn.softmax": unary("SOFTMAX", {"beta": 1.0}),
    "sigmoid": unary("LOGISTIC"),
    "tanh": unary("TANH"),
    "exp": unary("EXP"),
    "log": unary("LOG"),
    "sqrt": unary("SQRT"),
    "rsqrt": unary("RSQRT"),
    "negative": unary("NEG"),
    "abs": unary("ABS"),
    "clip": pointwise.clip,
    "mean": reduction("MEAN"),
    "sum": reduction("SUM"),
    "max": reduction("REDUCE_MAX"),
    "astype": pointwise.cast,
    "quantize": pointwise.quantize,
    "dequantize": pointwise.dequantize,
    "nn.batch_norm": norms.batch_norm,
    "nn.layer_norm": norms.layer_norm,
    "reshape": movement.view("RESHAPE"),
    "squeeze": movement.view("SQUEEZE"),
    "expand_dims": movement.view("RESHAPE"),
    "permute_dims": movement.permute,
    "broadcast_to": movement.broadcast,
    "concat": movement.concatenation,
    "split": movement.split,
    "strided_slice": movement.strided_slice,
    "take": movement.take,
    "nn.pad": movement.pad,
    "nn.prelu": movement.prelu,
    "alias": movement.alias,
}

__all__ = ["HANDLERS", "opaque"]
