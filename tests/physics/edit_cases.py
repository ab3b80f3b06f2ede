"""Networks that a device refuses an op of, and each after the edit that its reason suggests.

Constraints on single ops of an Ethos-U are in ``support_cases.py``; here are those whose edit
takes other ops, and all of the GPU delegate and of profiles by peaks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from perfcost.builder import GraphBuilder, Value
from perfcost.graph import Constant, Graph, Op, Quantization, Tensor

Layer = Callable[[GraphBuilder], Value]
NPU, GPU, PEAKS = "ethos-u65-256", "gpu-mali-g610", "peaks"
_MAP = (1, 8, 8, 16)


@dataclass(frozen=True)
class Edit:
    """``whole``: the edit leaves nothing that the device refuses; else the last op runs."""

    code: str
    name: str
    target: str
    before: Graph
    after: Graph
    whole: bool = True


def built(layer: Layer) -> Graph:
    build = GraphBuilder()
    return build.build([layer(build)])


def edit(
    code: str, name: str, target: str, before: Layer, after: Layer, *, whole: bool = True
) -> Edit:
    return Edit(code, name, target, built(before), built(after), whole)


def op(kind: str, shape: Sequence[int] = _MAP, dtype: str = "int8", **attrs: object) -> Layer:
    """One op of one input."""
    return lambda b: b.op(kind, [b.input(shape, dtype)], **attrs)  # type: ignore[arg-type]


def of_two(kind: str, shape: Sequence[int] = _MAP, dtype: str = "int8") -> Layer:
    return lambda b: b.op(kind, [b.input(shape, dtype), b.input(shape, dtype)])


def cast(b: GraphBuilder) -> Value:
    return b.op("CAST", [b.input(_MAP)], dtype="int16")


def squeezed(b: GraphBuilder) -> Value:
    return b.op("SQUEEZE", [b.input((1, 8, 16))], shape=(8, 16))


def itself(b: GraphBuilder) -> Value:
    x = b.input(_MAP)
    return b.mul(x, x)


def conv(**options: object) -> Layer:
    return lambda b: b.conv2d(b.input(_MAP), 16, 3, **options)  # type: ignore[arg-type]


def gathered(b: GraphBuilder) -> Value:
    return b.op("GATHER", [b.input((1, 4, 8)), b.constant([2, 0])], axis=1, batch_dims=0)


def _sliced(b: GraphBuilder, x: Value, begin: Sequence[int], size: Sequence[int]) -> Value:
    return b.op("SLICE", [x, b.constant(list(begin)), b.constant(list(size))], shape=size)


def sliced_and_joined(b: GraphBuilder) -> Value:
    x = b.input((1, 4, 8))
    return b.concat([_sliced(b, x, (0, at, 0), (1, 1, 8)) for at in (2, 0)], 1)


def normalised(b: GraphBuilder) -> Value:
    x = b.input(_MAP)
    axes = b.constant([3])
    total = b.op("SUM", [b.mul(x, x), axes], shape=(1, 8, 8, 1), keep_dims=True)
    return b.mul(x, b.unary("RSQRT", total))


def rooted(b: GraphBuilder) -> Value:
    x = b.input(_MAP)
    return b.mul(x, b.unary("RSQRT", x))


def reversed_then(b: GraphBuilder) -> Value:
    return b.unary("RELU", b.op("REVERSE_V2", [b.input((1, 4, 8)), b.constant([1])]))


def strided(shape: Sequence[int], end: Sequence[int]) -> Layer:
    """A slice from [1, 2, 3] on."""

    def layer(b: GraphBuilder) -> Value:
        bounds = [[1, 2, 3], list(end), [1, 1, 1]]
        inputs = [b.input((2, 4, 8)), *(b.constant(each) for each in bounds)]
        masks = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
        return b.op("STRIDED_SLICE", inputs, shape=shape, **dict.fromkeys(masks, 0))

    return layer


def transposed(rank: int) -> Graph:
    """The first two axes swapped, the others of 2 elements each; more axes than a builder takes."""
    order = (1, 0, *range(2, rank))
    shape = (3, 4, *[2] * (rank - 2))
    int8 = Quantization((0.1,), (0,))
    tensors = (
        Tensor("x", shape, "int8", int8),
        Tensor("order", (rank,), "int32", None, Constant(4 * rank, values=order)),
        Tensor("y", tuple(shape[axis] for axis in order), "int8", int8),
    )
    return Graph("net", tensors, (Op("TRANSPOSE", (0, 1), (2,)),), (0,), (2,))


def in_groups(b: GraphBuilder) -> Value:
    return b.op(
        "CONV_2D", [b.input(_MAP), b.weights((16, 3, 3, 4)), b.bias(16)], shape=_MAP,
        padding="SAME", stride=1,
    )  # fmt: skip


def group_by_group(b: GraphBuilder) -> Value:
    parts = b.split(b.input(_MAP), 4)
    return b.concat([b.conv2d(part, 4, 3) for part in parts])


def product_of_map(*, flat: bool) -> Layer:
    def layer(b: GraphBuilder) -> Value:
        x = b.input(_MAP)
        x = b.reshape(x, (1, 1024)) if flat else x
        return b.op("FULLY_CONNECTED", [x, b.weights((8, 1024)), b.bias(8)], shape=(1, 8))

    return layer


def upward(*, fused: bool) -> Layer:
    def layer(b: GraphBuilder) -> Value:
        x = b.transpose_conv(b.input(_MAP), 8, 2, stride=2)
        return b.unary("RELU", x)

    def with_relu(b: GraphBuilder) -> Value:
        inputs = [b.constant([1, 16, 16, 8]), b.weights((8, 2, 2, 16)), b.input(_MAP)]
        return b.op(
            "TRANSPOSE_CONV", inputs, shape=(1, 16, 16, 8), padding="SAME", stride=2,
            activation="RELU",
        )  # fmt: skip

    return with_relu if fused else layer


def sharpened(b: GraphBuilder) -> Value:
    x = b.input((1, 16))
    return b.softmax(b.mul(x, b.weights((1,))))


def one_slope(b: GraphBuilder) -> Value:
    return b.op("PRELU", [b.input(_MAP), b.weights((1, 1, 1))], shape=_MAP)


def packed(b: GraphBuilder) -> Value:
    x, y = b.input(_MAP), b.input(_MAP)
    return b.op("PACK", [x, y], shape=(1, 2, 8, 8, 16), axis=1, values_count=2)


def padded_flat(*, folded: bool) -> Layer:
    def layer(b: GraphBuilder) -> Value:
        x = b.input((1, 8))
        if folded:
            return b.pad(b.reshape(x, (1, 1, 8)), [(0, 0), (0, 0), (1, 1)])
        return b.pad(x, [(0, 0), (1, 1)])

    return layer


def mirrored(mode: int) -> Layer:
    def layer(b: GraphBuilder) -> Value:
        pads = b.constant([0, 0, 1, 1, 1, 1, 0, 0], shape=(4, 2))
        return b.op("MIRROR_PAD", [b.input(_MAP), pads], shape=(1, 10, 10, 16), mode=mode)

    return layer


def looped(*, unrolled: bool) -> Graph:
    """A WHILE of two rounds of RELU; or the rounds themselves."""
    tensors = tuple(Tensor(f"t{n}", (1, 8), "int8", Quantization((0.1,), (0,))) for n in range(3))
    body = Graph("body", tensors[:2], (Op("RELU", (0,), (1,)),), (0,), (1,), index=1)
    if unrolled:
        ops = (Op("RELU", (0,), (1,)), Op("RELU", (1,), (2,)))
        return Graph("net", tensors, ops, (0,), (2,))
    loop = Op("WHILE", (0,), (1,), bodies=(1, 1))
    return Graph("net", tensors[:2], (loop,), (0,), (1,), subgraphs=(None, body))


def kept(*, variable: bool) -> Graph:
    """An ADD of the input and a state, which the runtime keeps or the caller gives."""
    tensors = tuple(
        Tensor(name, (1, 8), "float32", is_variable=variable and name == "state")
        for name in ("x", "state", "y")
    )
    inputs = (0,) if variable else (0, 1)
    return Graph("net", tensors, (Op("ADD", (0, 1), (2,)),), inputs, (2,))


def lstm(left_out: int | None = None, added: int | None = None) -> Graph:
    """A cell with what every LSTM has, less one input or with one more."""
    usual = {*range(9), *range(12, 16), 18, 19}
    present = (usual - {left_out}) | ({added} - {None})
    inputs = tuple((1 if i else 0) if i in present else -1 for i in range(24))
    int8 = Quantization((0.1,), (0,))
    tensors = tuple(Tensor(name, (1, 4, 8), "int8", int8) for name in "xwy")
    cell = Op("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, (2,), {"activation": "TANH"})
    return Graph("net", tensors, (cell,), (0,), (2,))


ON_NPU = (
    Edit("control_flow", "unrolled", NPU, looped(unrolled=False), looped(unrolled=True)),
    Edit("lstm_gates", "all gates", NPU, lstm(left_out=1), lstm()),
    Edit("lstm_peephole", "no peephole", NPU, lstm(added=9), lstm()),
    Edit("lstm_projection", "no projection", NPU, lstm(added=16), lstm()),
    Edit("lstm_normalization", "no normalisation", NPU, lstm(added=20), lstm()),
    edit("fused_activation", "RELU6", NPU, conv(activation="SIGN_BIT"), conv(activation="RELU6")),
    edit("reverse_axes", "removed", NPU, reversed_then, op("RELU", (1, 4, 8))),
    edit("slice_empty", "wider", NPU, strided((0, 0, 0), (1, 2, 3)), strided((1, 2, 5), (2, 4, 8))),
    Edit("transpose_rank", "axes together", NPU, transposed(9), transposed(3)),
    edit("unknown_op", "SQUARE", NPU, op("SQUARE"), itself),
    edit("unknown_op", "POW", NPU, of_two("POW"), itself),
    edit("unknown_op", "SQRT", NPU, op("SQRT"), rooted),
    edit("unknown_op", "DIV", NPU, of_two("DIV"), of_two("MUL")),
    edit("unknown_op", "GATHER", NPU, gathered, sliced_and_joined),
    edit("unknown_op", "L2", NPU, op("L2_NORMALIZATION"), normalised),
    edit("unknown_op", "SPACE_TO_DEPTH", NPU, op("SPACE_TO_DEPTH", block_size=2), conv(stride=2)),
    edit("unknown_op", "LOG_SOFTMAX", NPU, op("LOG_SOFTMAX", (1, 16)), op("SOFTMAX", (1, 16))),
    edit(
        "unknown_op", "DEQUANTIZE", NPU,
        lambda b: b.dequantize(b.unary("RELU", b.input(_MAP))), op("RELU"),
    ),
    edit("unknown_op", "CAST", NPU, cast, op("RELU")),
)  # fmt: skip

ON_GPU = (
    edit("kind", "RESHAPE", GPU, squeezed,
         lambda b: b.reshape(b.input((1, 8, 16)), (8, 16))),
    Edit("variable", "a state", GPU, kept(variable=True), kept(variable=False)),
    # The RESHAPE that folds the dimensions reads them all, and stays on the host.
    edit("rank", "folded", GPU, of_two("ADD", (1, 2, 4, 4, 8)),
         lambda b: b.unary("RELU", b.reshape(b.input((1, 2, 4, 4, 8)), (1, 8, 4, 8))), whole=False),
    edit("rank", "CONCATENATION", GPU, packed, lambda b: b.concat([b.input(_MAP), b.input(_MAP)])),
    edit("rank", "PAD", GPU, padded_flat(folded=False), padded_flat(folded=True)),
    edit("dtype", "int32", GPU, of_two("ADD", dtype="int64"), of_two("ADD", dtype="int32")),
    edit("dtype", "DEQUANTIZE", GPU, op("LOG"),
         lambda b: b.unary("LOG", b.dequantize(b.input(_MAP)))),
    edit("groups", "by parts", GPU, in_groups, group_by_group),
    edit("flatten", "RESHAPE", GPU, product_of_map(flat=False), product_of_map(flat=True)),
    edit("fused_activation", "of its own", GPU, upward(fused=True), upward(fused=False)),
    edit("beta", "MUL", GPU, op("SOFTMAX", (1, 16), beta=2.0), sharpened),
    edit("slopes", "LEAKY_RELU", GPU, one_slope, op("LEAKY_RELU", alpha=0.1)),
    edit("batch", "PAD", GPU, lambda b: b.pad(b.input(_MAP), [(0, 1), (0, 0), (0, 0), (0, 0)]),
         lambda b: b.pad(b.input(_MAP), [(0, 0), (1, 1), (0, 0), (0, 0)])),
    edit("batch", "one image", GPU, op("SPACE_TO_DEPTH", (2, 8, 8, 16), block_size=2),
         op("SPACE_TO_DEPTH", block_size=2)),
    edit("mode", "REFLECT", GPU, mirrored(1), mirrored(0)),
)  # fmt: skip

BY_PEAKS = (
    edit("dtype", "converted", PEAKS,
         lambda b: b.fully_connected(b.input((4, 16), "float32"), 8),
         lambda b: b.fully_connected(b.input((4, 16)), 8)),
)  # fmt: skip

EDITS = (*ON_NPU, *ON_GPU, *BY_PEAKS)
