"""What the hashes see and what they do not."""

from __future__ import annotations

import pickle
import random
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from perfcost import GraphBuilder
from perfcost.errors import InvalidGraph
from perfcost.frontends.tflite import read_tflite
from perfcost.graph import Constant, Graph, Op, Quantization, Tensor, validate
from perfcost.hashing import price_key, skeleton_hash, structural_hash
from perfcost.spaces.tflite_writer import NetBuilder


def net(dtype: str = "int8", channels: int = 8, seed: int = 1, kernel: int = 3) -> Graph:
    b = NetBuilder(seed=seed, dtype=dtype)
    x = b.input([1, 16, 16, 3])
    x = b.conv(x, channels, kernel, act="relu")
    y = b.concat([b.depthwise(x, 3), b.max_pool(x, 3, 1, padding="SAME")])
    x = b.add(b.conv(y, channels), x)
    b.softmax(b.fully_connected(b.reshape(b.mean(x), [1, channels]), 4))
    return read_tflite(b.build())


def renumbered(graph: Graph, seed: int) -> Graph:
    """The same graph with tensors and ops in another order and other names."""
    rng = random.Random(seed)
    order = list(range(len(graph.tensors)))
    rng.shuffle(order)
    place = {old: new for new, old in enumerate(order)} | {-1: -1}
    ready, done, left = [], set(graph.inputs), list(graph.ops)
    written = {t for op in graph.ops for t in op.outputs}
    while left:
        able = [o for o in left if all(t in done or t not in written for t in o.inputs)]
        op = rng.choice(able)
        left.remove(op)
        done.update(op.outputs)
        moved = [tuple(place[t] for t in group) for group in (op.inputs, op.outputs)]
        ready.append(replace(op, inputs=moved[0], outputs=moved[1], origin=()))
    tensors = tuple(replace(graph.tensors[old], name=f"n{seed}.{old}") for old in order)
    ends = [tuple(place[t] for t in group) for group in (graph.inputs, graph.outputs)]
    return validate(Graph("other", tensors, tuple(ready), ends[0], ends[1]))


def with_tensor(graph: Graph, index: int, **changes: object) -> Graph:
    tensors = list(graph.tensors)
    tensors[index] = replace(tensors[index], **changes)  # type: ignore[arg-type]
    return replace(graph, tensors=tuple(tensors))


def with_op(graph: Graph, position: int, **changes: object) -> Graph:
    ops = list(graph.ops)
    ops[position] = replace(ops[position], **changes)  # type: ignore[arg-type]
    return replace(graph, ops=tuple(ops))


def scaled(graph: Graph, factor: float) -> Graph:
    def change(t: Tensor) -> Tensor:
        if t.quantization is None:
            return t
        q = t.quantization
        return replace(t, quantization=replace(q, scales=tuple(s * factor for s in q.scales)))

    return replace(graph, tensors=tuple(change(t) for t in graph.tensors))


@pytest.mark.parametrize("seed", range(10))
def test_names_order_scales_and_weights_are_not_seen(seed: int) -> None:
    graph = net()
    for same in (renumbered(graph, seed), scaled(graph, 1.5 + seed), net(seed=2 + seed)):
        assert structural_hash(same) == structural_hash(graph)
        assert skeleton_hash(same) == skeleton_hash(graph)
    assert price_key(renumbered(graph, seed), "t", "w") == price_key(graph, "t", "w")


def dead_branches(order: list[int]) -> Graph:
    """Ops that no output needs; two equal branches, of which one shares its operand."""
    tensors = [Tensor(f"t{i}", (1, 4), "float32") for i in range(9)]
    ops = [
        Op("RELU", (0,), (1,)),
        Op("ABS", (0,), (2,)),
        Op("ABS", (0,), (3,)),
        Op("EXP", (2,), (4,)),
        Op("EXP", (2,), (5,)),
        Op("EXP", (3,), (6,)),
        Op("CUSTOM", (2,), (), {"custom_code": "sink"}),
        Op("NEG", (4,), (7,)),
    ]
    return Graph("g", tuple(tensors), tuple(ops[i] for i in order), (0,), (1,))


def test_dead_ops_count_in_any_order() -> None:
    first = dead_branches(list(range(8)))
    for order in ([1, 2, 0, 5, 6, 4, 3, 7], [2, 5, 1, 4, 3, 7, 6, 0], [1, 6, 3, 7, 4, 2, 5, 0]):
        assert structural_hash(dead_branches(order)) == structural_hash(first)
        assert skeleton_hash(dead_branches(order)) == skeleton_hash(first)
    assert structural_hash(dead_branches([0, 1, 2, 3, 4, 5, 6])) != structural_hash(first)


CHANGES: dict[str, Callable[[Graph], Graph]] = {
    "kind": lambda g: with_op(g, 2, kind="AVERAGE_POOL_2D"),
    "attribute": lambda g: with_op(g, 0, attrs={**g.ops[0].attrs, "activation": "RELU6"}),
    "stride": lambda g: with_op(g, 0, attrs={**g.ops[0].attrs, "stride": (2, 1)}),
    "shape": lambda g: with_tensor(g, g.ops[0].outputs[0], shape=(1, 16, 15, 8)),
    "batch": lambda g: with_tensor(g, g.inputs[0], shape=(2, 16, 16, 3)),
    "weights": lambda g: with_tensor(g, g.ops[0].inputs[1], shape=(8, 3, 2, 3)),
    "dtype": lambda g: with_tensor(g, g.ops[0].outputs[0], dtype="uint8"),
    "dtype of the bias": lambda g: with_tensor(g, g.ops[0].inputs[2], dtype="int64"),
    "no bias": lambda g: with_op(g, 0, inputs=(*g.ops[0].inputs[:2], -1)),
    "topology": lambda g: with_op(g, 1, inputs=(g.inputs[0], *g.ops[1].inputs[1:])),
    "operands": lambda g: with_op(g, 3, inputs=g.ops[3].inputs[::-1]),
    "outputs": lambda g: replace(g, outputs=(*g.outputs, g.ops[0].outputs[0])),
    "inputs": lambda g: replace(g, inputs=(*g.inputs, *g.inputs)),
    "one class less": lambda g: with_tensor(
        g, g.ops[0].outputs[0], quantization=g.tensors[g.inputs[0]].quantization
    ),
    "one class more": lambda g: with_tensor(
        g, g.ops[2].outputs[0], quantization=Quantization((0.123,), (7,))
    ),
    "not quantised": lambda g: with_tensor(g, g.inputs[0], quantization=None),
    "weights as a whole": lambda g: with_tensor(
        g, g.ops[0].inputs[1], quantization=Quantization((0.123,), (0,))
    ),
    "constant": lambda g: with_tensor(
        g, _axes(g), constant=Constant(8, values=(1, 3))
    ),
    "variable": lambda g: with_tensor(g, g.inputs[0], is_variable=True),
}  # fmt: skip


def _axes(graph: Graph) -> int:
    return next(op.inputs[1] for op in graph.ops if op.kind == "MEAN")


@pytest.mark.parametrize("change", CHANGES)
def test_anything_else_is_seen(change: str) -> None:
    graph = net()
    changed = CHANGES[change](graph)
    assert structural_hash(changed) != structural_hash(graph)
    assert price_key(changed, "t", "w") != price_key(graph, "t", "w")


def test_the_shape_operand_of_a_reshape_is_not_seen() -> None:
    graph = net()
    position = next(i for i, op in enumerate(graph.ops) if op.kind == "RESHAPE")
    operand = graph.ops[position].inputs[1]
    other = with_tensor(graph, operand, constant=Constant(8, values=(-1, 8)))
    without = with_op(graph, position, inputs=graph.ops[position].inputs[:1])
    assert structural_hash(other) == structural_hash(graph) == structural_hash(without)


def test_an_absent_bias_may_be_left_out() -> None:
    graph = net()
    inputs = graph.ops[0].inputs
    absent, shorter = (with_op(graph, 0, inputs=i) for i in ((*inputs[:2], -1), inputs[:2]))
    assert structural_hash(absent) == structural_hash(shorter)


def test_scales_count_to_five_digits() -> None:
    def pool(scale: float, zero: int = 0) -> str:
        b = GraphBuilder()
        x = b.input((1, 4, 4, 2), scale=0.5, zero_point=0)
        y = b.op("MAX_POOL_2D", [x], window=2, stride=2, scale=scale, zero_point=zero)
        return structural_hash(b.build([y]))

    assert pool(0.5) == pool(0.5000001)
    assert pool(0.5) != pool(0.5001)
    assert pool(0.7) == pool(0.5, 1) != pool(0.5)


def test_float_and_int8_twins_share_a_skeleton() -> None:
    b = GraphBuilder()
    x = b.input((1, 8, 8, 3), "float32")
    y = b.dequantize(b.softmax(b.conv2d(b.quantize(x), 8, 3)))
    twin = GraphBuilder()
    z = twin.softmax(twin.conv2d(twin.input((1, 9, 9, 4), "float32"), 5, 1))
    assert skeleton_hash(b.build([y])) == skeleton_hash(twin.build([z]))
    assert skeleton_hash(net()) == skeleton_hash(net("float32")) == skeleton_hash(net(channels=16))
    assert skeleton_hash(net()) == skeleton_hash(net(kernel=5))
    assert structural_hash(net()) != structural_hash(net("float32"))
    assert skeleton_hash(CHANGES["kind"](net())) != skeleton_hash(net())
    assert skeleton_hash(CHANGES["topology"](net())) != skeleton_hash(net())


def test_price_key_sees_target_weights_and_entropy() -> None:
    graph = net()
    weights = graph.ops[0].inputs[1]
    keys = {
        price_key(graph, "target", "weights"),
        price_key(graph, "other", "weights"),
        price_key(graph, "target", "other"),
        price_key(graph, "targetweights", ""),
        *(
            price_key(
                with_tensor(graph, weights, constant=Constant(216, bits)), "target", "weights"
            )
            for bits in (5.0, 5.25, None)
        ),
    }
    assert len(keys) == 7
    near = (with_tensor(graph, weights, constant=Constant(216, bits)) for bits in (5.0, 5.24))
    assert len({price_key(g, "t", "w") for g in near}) == 1


def calling(body_kind: str, body: int = 1) -> Graph:
    tensors = tuple(Tensor(f"t{i}", (1, 4), "float32") for i in range(2))
    inner = Graph("b", tensors, (Op(body_kind, (0,), (1,)),), (0,), (1,), 1)
    loop = Op("WHILE", (0,), (1,), bodies=(body, body))
    return Graph("g", tensors, (loop,), (0,), (1,), 0, (None, inner))


def test_bodies_are_seen() -> None:
    assert structural_hash(calling("ABS")) == structural_hash(calling("ABS"))
    assert structural_hash(calling("ABS")) != structural_hash(calling("NEG"))
    assert skeleton_hash(calling("ABS")) != skeleton_hash(calling("NEG"))
    for wrong in (0, 7):
        with pytest.raises(InvalidGraph):
            structural_hash(calling("ABS", wrong))


def test_many_ops_in_linear_time() -> None:
    count = 50_000
    tensors = tuple(Tensor("t", (1, 2), "float32") for _ in range(count + 1))
    ops = tuple(Op("RELU", (i,), (i + 1,)) for i in range(count))
    for outputs in ((count,), (0,)):  # all needed, and all dead
        graph = Graph("deep", tensors, ops, (0,), outputs)
        start = time.process_time()
        structural_hash(graph)
        skeleton_hash(graph)
        assert time.process_time() - start < 6


def test_the_hash_is_kept_beside_the_graph() -> None:
    graph = net()
    structural_hash(graph)
    assert graph == net()
    changed = replace(graph, outputs=(0,))
    assert structural_hash(changed) != structural_hash(graph)
    assert structural_hash(pickle.loads(pickle.dumps(graph))) == structural_hash(graph)


def test_golden_values() -> None:
    """A change here needs another VERSION: labels and the split are kept under these hashes."""
    graph = net()
    assert structural_hash(graph) == "2ff316b24d683207746e86d54c7465d8"
    assert skeleton_hash(graph) == "9d5948803d240a2f5a1a2b88dc59d872"
    assert price_key(graph, "target", "weights") == "ef8d8e4b20dc68e99349da7a4fbde43f"
    assert structural_hash(net("float32")) == "9d3912a08984d6fad867796a523290b5"
    assert structural_hash(calling("ABS")) == "10157659cd11fdad6a8cb5b68f622650"
    assert structural_hash(dead_branches(list(range(8)))) == "5db6c4757f2300ad1b126839412222a1"
