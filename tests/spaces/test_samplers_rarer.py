"""Layers for the CPU and pieces of nets: they run in LiteRT and are what they say."""

import numpy as np
import pytest

import perfcost
from perfcost.errors import InvalidGraph
from perfcost.spaces.samplers.cpu_layers import CpuLayers
from perfcost.spaces.samplers.dice import Dice
from perfcost.spaces.samplers.wild import pieces
from perfcost.spaces.samplers.wild.net import WildNet


def wild_net(seed=1):
    return WildNet(Dice(seed, 1), dtype="int8", max_weights=10**6, max_macs=10**9)


def small_net(net):
    x = net.input([1, 8, 8, 4])
    y = net.conv(x, 8, 3)
    z = net.conv(y, 8, 1)
    return net.softmax(net.mean(net.add(y, z)))


def test_division_in_float(infer):
    net = CpuLayers(dtype="float32", seed=1)
    net.divided(net.input([1, 4]), 2.5)
    assert np.array_equal(infer(net.build())[0], np.zeros((1, 4)))


def test_floor_division(infer):
    net = CpuLayers(seed=1)
    net.floor_divided(net.arg_max(net.input([1, 5, 7])), 3)
    (found,) = infer(net.build())
    assert found.dtype == np.int32 and found.shape == (1, 5)


def test_places_are_gathered(infer):
    net = CpuLayers(seed=1)
    net.gather_nd(net.input([1, 6, 5, 3]), [[0, 2], [0, 2], [0, 5]])
    assert infer(net.build())[0].shape == (3, 5, 3)


def test_filter_with_a_memory(infer):
    net = WildNet(Dice(3, 1), dtype="int8", max_weights=10**6, max_macs=10**9)
    net.svdf(net.input([1, 40]), 16, 8)
    assert infer(net.build())[0].shape == (1, 16)
    graph = perfcost.load(net.build())
    assert graph.ops[0].kind == "SVDF"
    assert [graph.tensors[t].is_variable for t in graph.ops[0].inputs] == [False] * 4 + [True]


def test_spectrum_of_silence(infer):
    net = CpuLayers(seed=1)
    net.quantize(net.spectrum(6, 64))
    assert infer(net.build())[0].shape == (6, 1, 33)


def test_piece_runs_with_its_border(infer):
    net = wild_net()
    small_net(net)
    kinds = [op.kind for op in net.ops]
    assert kinds == ["CONV_2D", "CONV_2D", "ADD", "MEAN", "SOFTMAX"]
    content = net.build_piece((1, 2))
    graph = perfcost.load(content)
    assert [op.kind for op in graph.ops] == ["CONV_2D", "ADD"]
    assert len(graph.inputs) == 1 and len(graph.outputs) == 1
    assert infer(content)[0].shape == (1, 8, 8, 8)


def test_piece_keeps_weights_and_quantisation():
    net = wild_net()
    small_net(net)
    whole, piece = perfcost.load(net.build()), perfcost.load(net.build_piece((1, 2)))
    for a, b in zip(whole.ops[1].inputs, piece.ops[0].inputs, strict=True):
        assert whole.tensors[a].quantization == piece.tensors[b].quantization
        assert whole.tensors[a].constant == piece.tensors[b].constant


def test_piece_without_ops_is_refused():
    net = wild_net()
    small_net(net)
    with pytest.raises(InvalidGraph, match="take one more op"):
        net.build_piece(())


@pytest.mark.parametrize("seed", range(20))
def test_drawn_piece_is_whole(seed):
    net = wild_net(seed)
    small_net(net)
    piece = pieces.draw(net)
    assert piece == tuple(sorted(set(piece)))
    assert perfcost.load(net.build_piece(piece)).ops
