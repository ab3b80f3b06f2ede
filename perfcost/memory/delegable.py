"""Which ops the XNNPACK delegate takes.

The checks of the delegate of ai-edge-litert 2.3.0 with its default options: the types of inputs and
result, parameters that must be constants, ratios of scales that its integer kernels can express.
"""

from __future__ import annotations

from perfcost.graph import Graph, Links, Op, Tensor

_FLOAT = ("float32",)
_ANY = ("float32", "int8", "uint8")

_TYPES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("ADD", "BATCH_MATMUL", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "DEPTH_TO_SPACE",
         "DEQUANTIZE", "EXPAND_DIMS", "FULLY_CONNECTED", "LEAKY_RELU", "LOGISTIC", "MAX_POOL_2D",
         "MEAN", "MUL", "PAD", "QUANTIZE", "REDUCE_MAX", "REDUCE_MIN", "RESHAPE",
         "RESIZE_BILINEAR", "SLICE", "SPACE_TO_DEPTH", "SPLIT",
         "STRIDED_SLICE", "SUB", "SUM", "TANH", "TRANSPOSE", "TRANSPOSE_CONV"),
        _ANY,
    ),
    **dict.fromkeys(
        ("ABS", "AVERAGE_POOL_2D", "CEIL", "COS", "DIV", "ELU", "EXP", "FLOOR", "GELU",
         "HARD_SWISH", "LOG", "MAXIMUM", "MINIMUM", "NEG", "PRELU", "RELU", "RELU6", "RELU_0_TO_1",
         "RELU_N1_TO_1", "ROUND",
         "RSQRT", "SIN", "SOFTMAX", "SQRT", "SQUARE", "SQUARED_DIFFERENCE"),
        _FLOAT,
    ),
}  # fmt: skip
"""Kinds with the types of the first operand and of the result that the delegate takes."""

VARIABLES = frozenset({"VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE"})

_CUSTOM = frozenset(
    {"Convolution2DTransposeBias", "MaxPoolingWithArgmax2D", "MaxUnpooling2D"}
)  # fmt: skip
"""Custom ops of MediaPipe that the delegate runs, on float32."""

UNPACKERS = frozenset({"DEQUANTIZE", "DENSIFY"})
"""Ops that the delegate carries out itself, once, where their input is a constant."""

_PARAMETERS: dict[str, tuple[int, ...]] = {
    "MEAN": (1,), "SUM": (1,), "REDUCE_MAX": (1,), "REDUCE_MIN": (1,), "PAD": (1,),
    "RESHAPE": (1,), "RESIZE_BILINEAR": (1,), "SLICE": (1, 2), "STRIDED_SLICE": (1, 2, 3),
    "TRANSPOSE": (1,), "TRANSPOSE_CONV": (0, 1, 3), "SPLIT": (0,), "EXPAND_DIMS": (1,),
    "CONV_2D": (1, 2), "DEPTHWISE_CONV_2D": (1, 2), "FULLY_CONNECTED": (1, 2), "PRELU": (1,),
}  # fmt: skip
"""Inputs that must be constants (or unpacked from one)."""

_OPERAND = {"TRANSPOSE_CONV": 2, "SPLIT": 1}
_HYBRID = frozenset({"CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV", "BATCH_MATMUL"})
_MOST_CONCATENATED = 5
_MOST_PARTS = 4
_CLAMPS = frozenset({"NONE", "RELU", "RELU6", "RELU_N1_TO_1"})


def is_delegable(graph: Graph) -> list[bool]:
    """For each op of a graph, whether the delegate takes it."""
    static = unpacked(graph)
    taken = [_takes(graph, op, static) for op in graph.ops]
    consumers = Links.of(graph).consumers
    for place in range(len(graph.ops) - 1, -1, -1):
        op = graph.ops[place]
        if op.kind in UNPACKERS and op.outputs and op.outputs[0] in static:
            readers = consumers.get(op.outputs[0], ())
            taken[place] = any(taken[reader] for reader in readers)
    return taken


def unpacked(graph: Graph) -> frozenset[int]:
    """Tensors that are a constant in another form: dequantised, or made dense."""
    found: set[int] = set()
    for op in graph.ops:
        if op.kind in UNPACKERS and op.outputs and op.inputs:
            source = op.inputs[0]
            if source in found or (source >= 0 and graph.tensors[source].constant is not None):
                found.update(op.outputs)
    return frozenset(found)


def _takes(graph: Graph, op: Op, static: frozenset[int]) -> bool:
    if op.kind in VARIABLES or op.attrs.get("custom_code") in _CUSTOM:
        return True
    types = _TYPES.get(op.kind)
    place = _OPERAND.get(op.kind, 0)
    if types is None or not op.outputs or op.outputs[0] < 0 or place >= len(op.inputs):
        return False
    if op.inputs[place] < 0 or op.activation not in _CLAMPS:
        return False
    source, result = graph.tensors[op.inputs[place]], graph.tensors[op.outputs[0]]
    if source.dtype not in types or result.dtype not in types:
        return False
    for parameter in _PARAMETERS.get(op.kind, ()):
        if parameter < len(op.inputs) and op.inputs[parameter] >= 0:
            tensor = op.inputs[parameter]
            if graph.tensors[tensor].constant is None and tensor not in static:
                return False
    return _fits(graph, op, source, result)


def _fits(graph: Graph, op: Op, source: Tensor, result: Tensor) -> bool:
    """The checks that only one kind has."""
    tensors = graph.tensors
    if op.kind == "QUANTIZE" and source.dtype != "float32":
        return source.dtype == result.dtype
    if op.kind == "DEQUANTIZE":
        return source.dtype != "float32"
    if op.kind == "CONCATENATION":
        return len(op.inputs) <= _MOST_CONCATENATED and _same_scales(graph, op, result)
    if op.kind == "BATCH_MATMUL" and source.dtype != "float32":
        other = tensors[op.inputs[1]].quantization
        return other is not None and other.zero_point == 0
    if op.kind == "SPLIT":
        return 2 <= len(op.outputs) <= _MOST_PARTS
    if op.kind == "EXPAND_DIMS":
        axis = tensors[op.inputs[1]].constant
        return axis is not None and axis.values is not None and min(axis.values) >= 0
    if op.kind == "STRIDED_SLICE":
        strides = tensors[op.inputs[3]].constant
        plain = strides is not None and strides.values is not None and set(strides.values) == {1}
        return plain and len(source.shape) == len(result.shape)
    if op.kind in ("MAX_POOL_2D", "AVERAGE_POOL_2D"):
        window, stride = op.pair("window"), op.pair("stride")
        return stride[0] <= window[0] and stride[1] <= window[1]
    if source.dtype == "float32" and len(op.inputs) > 1 and op.kind not in _HYBRID:
        return op.inputs[1] < 0 or tensors[op.inputs[1]].dtype not in ("int8", "uint8")
    return source.dtype == "float32" or _scales_fit(graph, op, source, result)


def _same_scales(graph: Graph, op: Op, result: Tensor) -> bool:
    """Whether 8-bit operands can be copied as they are."""
    if result.dtype == "float32" or result.quantization is None:
        return True
    given = [graph.tensors[tensor].quantization for tensor in op.inputs]
    return all(each is not None and each.key == result.quantization.key for each in given)


def _scales_fit(graph: Graph, op: Op, source: Tensor, result: Tensor) -> bool:
    """Whether the ratios of scales are in the range that the integer kernels can express."""
    given = [graph.tensors[tensor].quantization for tensor in op.inputs[:2] if tensor >= 0]
    known = [each.scales for each in (result.quantization, *given) if each is not None]
    if len(known) <= len(given) or not all(known) or not known[0][0]:
        return True
    out, *scales = (each[0] for each in known)
    if op.kind in ("ADD", "SUB"):
        return all(2**-10 <= scale / out < 2**8 for scale in scales)
    if op.kind == "MUL":
        return 2**-16 <= scales[0] * scales[1] / out < 2**8
    if op.kind == "LEAKY_RELU":
        slope = op.attrs.get("alpha")
        steps = [scales[0] / out]
        if isinstance(slope, float):
            steps.append(abs(steps[0] * slope))
        return all(2**-8 <= step <= 2**7 for step in steps)
    return True
