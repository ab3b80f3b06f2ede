"""Every space: the same bytes for ever, nets that load, run and compile, sizes as promised."""

import hashlib

import numpy as np
import pytest

import perfcost
from perfcost.errors import Unsupported
from perfcost.ops.totals import totals
from perfcost.spaces import samplers

SPACES = samplers.names()
GOLDEN = {}


def ops_of(space, seed):
    return perfcost.load(samplers.sample(space, seed)).ops


def test_names_and_version():
    assert SPACES == ("image", "keyword", "superres", "detect", "wild")
    assert samplers.VERSION == 1


@pytest.mark.parametrize(("space", "seed"), sorted(GOLDEN))
def test_is_golden(space, seed):
    assert hashlib.sha256(samplers.sample(space, seed)).hexdigest() == GOLDEN[space, seed]


@pytest.mark.parametrize("space", SPACES)
def test_is_deterministic(space):
    first = [samplers.sample(space, seed) for seed in range(4)]
    assert all(content[4:8] == b"TFL3" for content in first)
    # In another order: no draw may hang on what was drawn before.
    again = [samplers.sample(space, seed) for seed in reversed(range(4))]
    assert first == again[::-1]
    assert len(set(first)) == 4


def test_spaces_share_no_draws():
    assert len({samplers.sample(space, 11) for space in SPACES}) == len(SPACES)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("seed", range(6))
def test_runs_in_litert(space, seed, infer):
    outputs = infer(samplers.sample(space, seed))
    assert outputs and all(o.size for o in outputs)


@pytest.mark.parametrize("space", SPACES)
def test_compiles_with_vela(space, compile_cycles):
    assert compile_cycles(samplers.sample(space, 2)) > 0


@pytest.mark.slow
@pytest.mark.parametrize("space", SPACES)
def test_many_run_in_litert(space, infer):
    for seed in range(1000, 1040):
        assert infer(samplers.sample(space, seed)), seed


def test_wild_is_as_wide_as_promised():
    graphs = [perfcost.load(samplers.sample("wild", seed)) for seed in range(150)]
    counts = [len(g.ops) for g in graphs]
    assert np.median(counts) >= 25 and np.percentile(counts, 90) >= 100
    macs = [totals(g).macs for g in graphs]
    assert np.percentile(macs, 5) < 1e5 and max(macs) > 1e9
    kinds = {op.kind for g in graphs for op in g.ops}
    assert len(kinds) >= 50
    assert kinds >= {"TILE", "GATHER", "ARG_MAX", "BATCH_MATMUL", "MIRROR_PAD", "SPLIT_V", "PADV2"}
    dtypes = [g.tensors[g.ops[0].outputs[0]].dtype for g in graphs]
    assert 0.05 < dtypes.count("uint8") / len(graphs) < 0.25
    assert any(g.tensors[g.inputs[0]].shape[0] > 1 for g in graphs)
    entropies = [
        t.constant.entropy_bits
        for g in graphs
        for t in g.tensors
        if t.constant is not None and t.constant.entropy_bits is not None and t.elements > 4000
    ]
    assert min(entropies) < 3 and max(entropies) > 7.9


def test_wild_pads_a_third_of_its_windows():
    padded = windows = 0
    for seed in range(80):
        graph = perfcost.load(samplers.sample("wild", seed))
        maker = {out: op.kind for op in graph.ops for out in op.outputs}
        for op in graph.ops:
            if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
                _, height, width, _ = graph.tensors[op.inputs[1]].shape
                if height * width > 1:
                    windows += 1
                    padded += maker.get(op.inputs[0]) in ("PAD", "PADV2")
    assert 0.25 < padded / windows < 0.5


def test_cells_are_at_most_a_third_of_image():
    # Only cells pool 3x3 at stride 1 and have no depthwise layer.
    cells = 0
    for seed in range(60):
        ops = ops_of("image", seed)
        kinds = [op.kind for op in ops]
        pools = [op for op in ops if op.kind == "AVERAGE_POOL_2D" and op.pair("filter") == (2, 2)]
        cells += "DEPTHWISE_CONV_2D" not in kinds and len(pools) == 2
    assert 0 < cells <= 20


@pytest.mark.parametrize(
    ("space", "words"), [("images", "such as 'image'"), ("", "no space ''"), ("WILD", "no space")]
)
def test_an_unknown_space_is_told(space, words):
    with pytest.raises(Unsupported, match=words):
        samplers.sample(space, 0)


@pytest.mark.parametrize("seed", [-1, 1 << 64])
def test_a_seed_out_of_range_is_told(seed):
    with pytest.raises(Unsupported, match="seed"):
        samplers.sample("image", seed)


def test_the_largest_seed_is_a_seed():
    assert samplers.sample("keyword", (1 << 64) - 1) != samplers.sample("keyword", 0)
