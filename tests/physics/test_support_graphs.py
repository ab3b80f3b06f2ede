"""What depends on more than one op: fused activations, patterns, dead ops, unknown ops."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support_general import add
from support_nets import Build, Net, net

from perfcost.frontends.tflite import read_tflite
from perfcost.graph import Graph, Op, Quantization, Tensor
from perfcost.labels import VelaLabeller
from perfcost.physics.ethos_u.support import unsupported
from perfcost.targets import EthosUTarget, resolve

NAMES = ("ethos-u55-128", "ethos-u65-256", "ethos-u85-256")
INT8 = Quantization((0.1,), (0,))


def target(name: str) -> EthosUTarget:
    found = resolve(name)
    assert isinstance(found, EthosUTarget)
    return found


def codes(graph: Graph, name: str) -> list[str | None]:
    return [reason.code if reason else None for reason in unsupported(graph, target(name))]


def one(op: Op, tensors: list[Tensor]) -> Graph:
    inputs = tuple(i for i in op.inputs if i >= 0)
    return Graph("one", tuple(tensors), (op,), inputs, op.outputs)


def space_to_batch(kind: str, stride: int = 1) -> Build:
    """A convolution of dilation 2 as older converters write it."""

    def build(n: Net) -> None:
        x, block = n.x((1, 8, 8, 4)), n.k([2, 2])
        inner, made = n.v((4, 6, 6, 4)), -(-4 // stride)
        n.op(kind, [x, block, n.k([[2, 2], [2, 2]])], inner, "SpaceToBatchNDOptions")
        y = n.v((4, made, made, 4))
        inputs = [inner, n.w((4, 3, 3, 4)), n.k([1, 2, 3, 4])]
        n.op("CONV_2D", inputs, y, "Conv2DOptions", pad="VALID", stride=(stride, stride))
        z = n.v((1, 2 * made, 2 * made, 4))
        inputs = [y, block, n.k([[0, 0], [0, 0]])]
        n.op("BATCH_TO_SPACE_ND", inputs, z, "BatchToSpaceNDOptions")

    return build


def shape_chain(n: Net) -> None:
    """RESHAPE to a shape that the network computes although it is known."""
    x = n.x((1, 4, 4, 2))
    shape, batch, packed = n.v((4,), "int32"), n.v((), "int32"), n.v((2,), "int32")
    n.op("SHAPE", [x], shape, "ShapeOptions")
    bounds = [shape, n.k([0]), n.k([1]), n.k([1])]
    n.op("STRIDED_SLICE", bounds, batch, "StridedSliceOptions", ShrinkAxisMask=1)
    n.op("PACK", [batch, n.k(32)], packed, "PackOptions", ValuesCount=2)
    n.op("RESHAPE", [x, packed], n.v((1, 32)), "ReshapeOptions")


def dead(n: Net) -> None:
    """An op that no output depends on is dropped, whatever it is."""
    x = n.x((1, 4, 8))
    n.op("L2_NORMALIZATION", [x], n.v((1, 4, 8)), "L2NormOptions")
    n.op("RELU", [x], n.v((1, 4, 8)))


class OneOutput(Net):
    """A net whose last tensor is the only output."""

    def build(self) -> bytes:
        from perfcost.spaces.writer.serialise import write

        return write(self.tensors, self.ops, self.inputs, [len(self.tensors) - 1])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("build", "wanted"),
    [
        (space_to_batch("SPACE_TO_BATCH_ND"), [None, None, None]),
        (shape_chain, [None, None, None, None]),
    ],
    ids=["dilated", "shape"],
)
def test_patterns(build: Build, wanted: list[str | None], name: str) -> None:
    assert codes(read_tflite(net(build)), name) == wanted
    pytest.importorskip("ethosu.regor", reason="needs the extra label (ethos-u-vela)")
    assert all(VelaLabeller().support(net(build), target(name)))


@pytest.mark.parametrize("name", NAMES)
def test_dead_ops_are_dropped(name: str) -> None:
    made = OneOutput()
    dead(made)
    assert codes(read_tflite(made.build()), name) == [None, None]
    assert codes(read_tflite(net(dead)), name) == ["unknown_op", None]
    pytest.importorskip("ethosu.regor", reason="needs the extra label (ethos-u-vela)")
    assert list(VelaLabeller().support(made.build(), target(name))) == [True, True]
    assert list(VelaLabeller().support(net(dead), target(name))) == [False, True]


@pytest.mark.parametrize("name", NAMES)
def test_one_half_of_the_pattern_stays(name: str) -> None:
    graph = read_tflite(net(space_to_batch("SPACE_TO_BATCH_ND")))
    fused = replace(graph.ops[1], attrs={**graph.ops[1].attrs, "activation": "RELU"})
    graph = replace(graph, ops=(graph.ops[0], fused, graph.ops[2]))
    assert codes(graph, name) == ["unknown_op", None, "unknown_op"]


@pytest.mark.parametrize("name", NAMES)
def test_activation_of_no_op(name: str) -> None:
    # Vela refuses such a file; TensorFlow Lite does not make one.
    assert codes(read_tflite(net(add(act="SIGN_BIT"))), name) == ["fused_activation"]


@pytest.mark.parametrize(
    ("op", "code", "value"),
    [
        (Op("CUSTOM", (0,), (1,), {"custom_code": "Mine"}), "unknown_op", "custom op 'Mine'"),
        (Op("WHILE", (0,), (1,), bodies=(1, 2)), "control_flow", "WHILE"),
        (Op("BUILTIN_300", (0,), (1,)), "unknown_op", "BUILTIN_300"),
        (Op("GATHER", (0, 0), (1,), {"axis": 0, "batch_dims": 0}), "unknown_op", "GATHER"),
    ],
    ids=["custom", "while", "newer", "gather"],
)
def test_kinds_of_no_table(op: Op, code: str, value: str) -> None:
    tensors = [Tensor(name, (1, 8), "int8", INT8) for name in "xy"]
    reason = unsupported(one(op, tensors), target("ethos-u55-128"))[0]
    assert reason is not None
    assert (reason.code, reason.value) == (code, value)
    assert value in reason.message and reason.edit in reason.message


@pytest.mark.parametrize(
    ("left_out", "added", "code"),
    [
        ((), (), None),
        ((1,), (), "lstm_gates"),
        ((), (9,), "lstm_peephole"),
        ((), (16,), "lstm_projection"),
        ((), (20,), "lstm_normalization"),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_lstm(
    left_out: tuple[int, ...], added: tuple[int, ...], code: str | None, name: str
) -> None:
    usual = {*range(9), *range(12, 16), 18, 19}
    present = (usual - set(left_out)) | set(added)
    inputs = tuple(1 if i else 0 for i in range(24))
    inputs = tuple(tensor if i in present else -1 for i, tensor in enumerate(inputs))
    tensors = [Tensor(n, (1, 4, 8), "int8", INT8) for n in "xwy"]
    op = Op("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, (2,), {"activation": "TANH"})
    assert codes(one(op, tensors), name) == [code]


def test_ethos_u65_is_as_ethos_u55() -> None:
    graph = read_tflite(net(add("int32", zero=3)))
    first, second = (unsupported(graph, target(name))[0] for name in NAMES[:2])
    assert first == second
