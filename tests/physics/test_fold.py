"""What disappears between ops: one small graph a rule."""

from __future__ import annotations

from dataclasses import replace

from perfcost.builder import GraphBuilder
from perfcost.frontends.tflite import read_tflite
from perfcost.graph import Constant, Graph, Op, Tensor
from perfcost.physics import price
from perfcost.spaces.tflite_writer import NetBuilder
from perfcost.targets import resolve

TARGET = resolve("ethos-u55-128")


def cycles(graph: Graph) -> dict[str, float]:
    """Cycles by kind of op; a kind that occurs twice is added up."""
    found: dict[str, float] = {}
    for op, priced in zip(graph.ops, price(graph, TARGET).ops, strict=True):
        assert priced.cycles is not None
        found[op.kind] = found.get(op.kind, 0.0) + priced.cycles
    return found


def test_padding_before_a_valid_convolution_is_free() -> None:
    b = GraphBuilder("net")
    x = b.pad(b.conv2d(b.input((1, 32, 32, 16)), 16, 1), ((0, 0), (1, 1), (1, 1), (0, 0)))
    graph = b.build([b.conv2d(x, 16, 3, padding="VALID")])
    assert cycles(graph)["PAD"] == 0


def test_padding_as_wide_as_the_kernel_is_paid() -> None:
    b = GraphBuilder("net")
    x = b.pad(b.conv2d(b.input((1, 32, 32, 16)), 16, 1), ((0, 0), (3, 3), (3, 3), (0, 0)))
    graph = b.build([b.conv2d(x, 16, 3, padding="VALID")])
    assert cycles(graph)["PAD"] > 0


def test_padding_read_by_a_pool_is_paid() -> None:
    b = GraphBuilder("net")
    x = b.pad(b.conv2d(b.input((1, 32, 32, 16)), 16, 1), ((0, 0), (1, 1), (1, 1), (0, 0)))
    graph = b.build([b.max_pool(x, 3, padding="VALID")])
    assert cycles(graph)["PAD"] > 0


def test_reshape_is_free_but_from_input_to_output() -> None:
    b = GraphBuilder("net")
    x = b.conv2d(b.input((1, 8, 8, 16)), 16, 1)
    inside = b.build([b.fully_connected(b.reshape(x, (1, 1024)), 10)])
    assert cycles(inside)["RESHAPE"] == 0
    b = GraphBuilder("net")
    outside = b.build([b.reshape(b.input((1, 8, 8, 16)), (1, 1024))])
    assert cycles(outside)["RESHAPE"] > 0


def test_concatenation_of_own_results_of_one_quantisation_is_free() -> None:
    b = GraphBuilder("net")
    x = b.input((1, 16, 16, 16))
    y = b.max_pool(b.conv2d(x, 16, 3), 2)
    z = b.max_pool(b.conv2d(x, 16, 1), 2)
    graph = b.build([b.conv2d(b.concat([y, z], 3), 8, 1)])
    same = {graph.tensors[t].quantization.key for t in graph.ops[-2].inputs}  # type: ignore[union-attr]
    assert (cycles(graph)["CONCATENATION"] == 0) == (len(same) == 1)


def test_concatenation_of_a_graph_input_is_paid() -> None:
    b = GraphBuilder("net")
    x = b.input((1, 16, 16, 16))
    graph = b.build([b.conv2d(b.concat([x, b.conv2d(x, 16, 3)], 3), 8, 1)])
    assert cycles(graph)["CONCATENATION"] > 0


def test_activation_by_table_joins_the_convolution_before_it() -> None:
    b = GraphBuilder("net")
    x = b.unary("LOGISTIC", b.conv2d(b.input((1, 16, 16, 16)), 16, 3))
    graph = b.build([b.conv2d(x, 16, 1)])
    assert cycles(graph)["LOGISTIC"] == 0


def test_activation_of_a_shallow_convolution_runs_alone() -> None:
    b = GraphBuilder("net")
    x = b.unary("LOGISTIC", b.conv2d(b.input((1, 16, 16, 16)), 4, 3))
    graph = b.build([b.conv2d(x, 16, 1)])
    assert cycles(graph)["LOGISTIC"] > 0


def test_split_is_read_in_place() -> None:
    b = GraphBuilder("net")
    x = b.conv2d(b.input((1, 16, 16, 16)), 32, 3)
    left, right = b.split(x, 2, 3)
    graph = b.build([b.add(b.conv2d(left, 16, 1), b.conv2d(right, 16, 1))])
    assert cycles(graph)["SPLIT"] == 0


def test_split_into_outputs_is_paid() -> None:
    b = GraphBuilder("net")
    left, right = b.split(b.conv2d(b.input((1, 16, 16, 16)), 32, 3), 2, 3)
    assert cycles(b.build([left, right]))["SPLIT"] > 0


def test_what_computes_a_fixed_shape_is_free() -> None:
    """SHAPE, STRIDED_SLICE and PACK before a RESHAPE, whose result states the shape."""
    net = NetBuilder()
    x = net.conv(net.input([1, 8, 8, 16]), 16, 3)
    net.reshape(x, [1, 1024])
    plain = read_tflite(net.build())
    reshape = plain.ops[-1]
    first = len(plain.tensors)
    made = (
        Tensor("shape", (4,), "int32"), Tensor("batch", (), "int32"),
        Tensor("whole", (2,), "int32"), *[constant(value) for value in ((0,), (1,), (1,))],
        Tensor("rest", (), "int32", constant=Constant(4, values=(1024,))),
    )  # fmt: skip
    shape, batch, whole, begin, end, step, rest = range(first, first + len(made))
    masks = dict.fromkeys("begin_mask end_mask ellipsis_mask new_axis_mask".split(), 0)
    steps = (
        Op("SHAPE", (reshape.inputs[0],), (shape,)),
        Op("STRIDED_SLICE", (shape, begin, end, step), (batch,), {**masks, "shrink_axis_mask": 1}),
        Op("PACK", (batch, rest), (whole,), {"axis": 0, "values_count": 2}),
    )
    computed = replace(
        plain,
        tensors=plain.tensors + made,
        ops=(*plain.ops[:-1], *steps, replace(reshape, inputs=(reshape.inputs[0], whole))),
    )
    priced = price(computed, TARGET)
    assert [op.cycles for op in priced.ops[-4:-1]] == [0.0, 0.0, 0.0]
    assert sum(op.cycles or 0.0 for op in priced.ops) > 0


def constant(values: tuple[int, ...]) -> Tensor:
    return Tensor("c", (len(values),), "int32", constant=Constant(4 * len(values), values=values))
