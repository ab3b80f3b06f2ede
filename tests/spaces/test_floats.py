"""The float twin of a drawn net: the same skeleton, floats alone, and LiteRT runs it."""

import numpy as np
import pytest

import perfcost
from perfcost.errors import InvalidGraph, NotAModel, Unsupported
from perfcost.hashing import skeleton_hash
from perfcost.ops import kind_of
from perfcost.spaces import samplers
from perfcost.spaces.writer.builder import NetBuilder

pytest.importorskip("ai_edge_litert", reason="LiteRT is missing: pip install 'perfcost[label]'")

from perfcost.spaces.floats import float_twin

# Some of each task, and more of the wild ones.
DRAWN = [(space, 1, seed) for space in samplers.names() for seed in (0, 1, 2)] + [
    ("wild", version, seed) for version in (1, 2) for seed in range(3, 12)
]


@pytest.mark.parametrize(("space", "version", "seed"), DRAWN)
def test_a_twin_has_the_skeleton_of_its_parent_and_no_integer_maps(space, version, seed, infer):
    parent = samplers.sample(space, seed, version)
    twin = float_twin(parent)
    graph = perfcost.load(twin)
    assert skeleton_hash(graph) == skeleton_hash(perfcost.load(parent))
    assert not {t.dtype for t in graph.tensors} & {"int8", "uint8", "int16"}
    assert not {op.kind for op in graph.ops} & {"QUANTIZE", "DEQUANTIZE"}
    for op in graph.ops:
        for slot in kind_of(op.kind).weights:
            if slot < len(op.inputs) and op.inputs[slot] >= 0:
                assert graph.tensors[op.inputs[slot]].dtype == "float32"
    assert [out.shape for out in infer(twin)] == [graph.tensors[t].shape for t in graph.outputs]


def test_the_same_bytes_every_time():
    assert samplers.sample("keyword-float32", 5) == samplers.sample("keyword-float32", 5)
    assert samplers.sample("keyword-float32", 5) == float_twin(samplers.sample("keyword", 5))


def test_activations_stay_of_the_order_of_one(infer):
    # Subnormal numbers would make a CPU many times slower than it is on a trained net.
    [out] = infer(samplers.sample("superres-float32", 1))
    spread = float(np.abs(out).max())
    assert 1e-4 < spread < 1e4


def test_only_casts_have_no_twin():
    net = NetBuilder(seed=1)
    x = net.input([1, 4], "float32")
    y = net._feature([1, 4], net._range())
    net._op("QUANTIZE", [x], [y], "QuantizeOptions")
    with pytest.raises(InvalidGraph, match="nothing but casts"):
        float_twin(net.build())


@pytest.mark.parametrize("content", [b"", b"TFL3", b"\0" * 64, b"PK\x03\x04" + b"\0" * 60])
def test_what_is_no_model_is_named(content):
    with pytest.raises(NotAModel):
        float_twin(content)


def test_a_cut_file_is_named():
    with pytest.raises(perfcost.PerfcostError):
        float_twin(samplers.sample("keyword", 0)[:2000])


def test_unknown_space():
    with pytest.raises(Unsupported, match="keywords"):
        samplers.sample("keywords-float32", 0)
