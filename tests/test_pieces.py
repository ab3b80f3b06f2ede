"""Pieces of a file: the same ops, weights and shapes as in the whole."""

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="needs the extra 'label'")

from perfcost.errors import InvalidGraph
from perfcost.frontends.tflite import read_tflite
from perfcost.hashing import structural_hash
from perfcost.pieces import Cutter
from perfcost.spaces import samplers
from perfcost.spaces.tflite_writer import NetBuilder


@pytest.mark.parametrize(("space", "seed"), [("image", 3), ("keyword", 5), ("wild", 11)])
def test_a_piece_of_all_ops_is_the_net(space, seed):
    data = samplers.sample(space, seed)
    cutter = Cutter(data)
    whole = read_tflite(cutter.piece(range(cutter.ops)))
    assert structural_hash(whole) == structural_hash(read_tflite(data))


def test_each_op_alone_is_the_op_of_the_net():
    data = samplers.sample("detect", 2)
    graph = read_tflite(data)
    cutter = Cutter(data)
    alone = 0
    for position, op in enumerate(graph.ops):
        if not any(t >= 0 and graph.tensors[t].constant is None for t in op.inputs):
            continue
        [found] = (piece := read_tflite(cutter.piece([position]))).ops
        alone += 1
        assert (found.kind, found.attrs) == (op.kind, op.attrs)
        for mine, theirs in zip(found.inputs, op.inputs, strict=True):
            if theirs >= 0:
                assert piece.tensors[mine].shape == graph.tensors[theirs].shape
                assert piece.tensors[mine].constant == graph.tensors[theirs].constant
    assert alone == len(graph.ops)


def test_a_piece_runs_and_gives_what_the_net_gives():
    from ai_edge_litert.interpreter import Interpreter

    net = NetBuilder()
    x = net.input([1, 16, 16, 8])
    y = net.conv(x, 16, 3)
    net.conv(net.conv(y, 16, 3), 8, 1)
    data = net.build()
    cutter = Cutter(data)
    value = np.random.default_rng(1).integers(-128, 128, (1, 16, 16, 8), np.int8)
    for model in ([data], [cutter.piece([0]), cutter.piece([1, 2])]):
        flow = value
        for part in model:
            interpreter = Interpreter(model_content=part)
            interpreter.allocate_tensors()
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], flow)
            interpreter.invoke()
            flow = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        if len(model) == 1:
            wanted = flow
    assert np.array_equal(flow, wanted)


def test_nothing_is_refused():
    cutter = Cutter(samplers.sample("keyword", 1))
    with pytest.raises(InvalidGraph, match="take one more op"):
        cutter.piece([])
