"""Every space: the same bytes for ever, nets that load, run and compile, sizes as promised."""

import hashlib

import numpy as np
import pytest

import perfcost
from perfcost.dataset.floors import option_of
from perfcost.errors import Unsupported
from perfcost.ops.totals import graph_macs
from perfcost.spaces import samplers

SPACES = samplers.names()
GOLDEN = {
    ("detect", 0): "b9824c3d1db68e6828ebfedb90b668a9f2b8e358be4a0c9532e7a6432649b276",
    ("detect", 1): "36492ab512eb5f9a05a4680256bab8117c650322cd94060cc724939419d38d69",
    ("detect", 4096): "bfb3a7ea2da9e17b83f827288ef8267dcd6088093551003a5d3cc5b7b3ad202d",
    ("image", 0): "56e8826103cc5d70fd3c63d72ebe4cbc07405b8e469151abc36140dc21b82dba",
    ("image", 1): "64d504d6516814acdb23289d8756af5a29588946739f918e68586ef87c13fa5d",
    ("image", 4096): "e30caaff000906b8a3e67d48a1e27324f09ca5d57042418c5f16ff8ca7202bfe",
    ("keyword", 0): "206639f6c28d3ad8a805a13b9ea88454d099f49924a59e80089871fc51b9df46",
    ("keyword", 1): "b930520d305a5ebcf15657cc7be4ac84deddd487fb6fc9262ccba00083d102c7",
    ("keyword", 4096): "22ba13bc48e7c2638337469c883db5a8bd2b7db23c9261b4ec029e6e6d7b03ab",
    ("superres", 0): "0484e0b1eedb942577db1ca6b07e518f9eef0ddfbd120349eb7aab30eb200c3a",
    ("superres", 1): "e0189018155ce26ba9789c6239f9c1beabbbc639338bccaa4c3b3143825ccea0",
    ("superres", 4096): "01756a9ec84a2cd0e9ccb279e32f33b7814e57f5323475777a13d70d7dc88929",
    ("wild", 0): "7528d2698150f75e01d396bf92ac2bcfc990d3398a6f2b5b940a1535c68def12",
    ("wild", 1): "0a9f9721aa42f0e26f3d4caca154cb50961717e5e69c2efe984d715490548909",
    ("wild", 4096): "033b731942ed597a5f668ccec357fa5a969bd387e599e7382e6f5cf7b245daf5",
}
# Short nets of options that the first version draws too seldom.
GOLDEN_RARE = {
    0: "34d708965ae42ff7d46ef4b0684771bfc721878712e8cdd81b1eec630f9869c6",
    1: "d222c1fb644eed79d4c16c1eab44bf2fa5f0dce5e39f8a4f276b43559c64677e",
    4096: "03b5e8d14e074f1377ddb16e4b8addb3fc62b824d3afc02754bcfdad4d52907b",
}


def ops_of(space, seed):
    return perfcost.load(samplers.sample(space, seed)).ops


def test_names_and_version():
    assert SPACES == ("image", "keyword", "superres", "detect", "wild")
    assert [samplers.latest(space) for space in SPACES] == [1, 1, 1, 1, 2]


@pytest.mark.parametrize(("space", "seed"), sorted(GOLDEN))
def test_is_golden(space, seed):
    assert hashlib.sha256(samplers.sample(space, seed)).hexdigest() == GOLDEN[space, seed]


@pytest.mark.parametrize("seed", sorted(GOLDEN_RARE))
def test_second_version_of_wild_is_golden(seed):
    assert hashlib.sha256(samplers.sample("wild", seed, 2)).hexdigest() == GOLDEN_RARE[seed]


@pytest.mark.parametrize("seed", range(6))
def test_second_version_of_wild_runs_in_litert(seed, infer):
    assert infer(samplers.sample("wild", seed, 2))


def test_second_version_of_wild_holds_rare_options():
    found = set()
    for seed in range(60):
        graph = perfcost.load(samplers.sample("wild", seed, 2))
        found |= {" ".join(option_of(graph, op)) for op in graph.ops}
    assert found >= {
        "CONV_2D int8 RELU kernel 8+x4-7 stride 2x2",
        "CONV_2D int8 RELU kernel 8+x4-7 stride 2x1",
        "CONV_2D int8 RELU6 kernel 8+x4-7 stride 1x1",
        "CONV_2D int8 RELU kernel 4-7x3 stride 1x1",
        "DEPTHWISE_CONV_2D int8 RELU kernel 8+x1 stride 1x1",
        "DEPTHWISE_CONV_2D int8 RELU kernel 8+x1 stride 2x2",
        "MAX_POOL_2D int8 NONE stride 3x3",
        "SOFTMAX int16 NONE",
    }


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
    macs = [graph_macs(g) for g in graphs]
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
    for seed in range(300):
        graph = perfcost.load(samplers.sample("wild", seed))
        maker = {out: op.kind for op in graph.ops for out in op.outputs}
        for op in graph.ops:
            if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
                _, height, width, _ = graph.tensors[op.inputs[1]].shape
                if height * width > 1:
                    windows += 1
                    padded += maker.get(op.inputs[0]) in ("PAD", "PADV2")
    assert 0.27 < padded / windows < 0.5


def test_cells_are_at_most_a_third_of_image():
    # Only cells shrink a map twice, by a 2x2 mean, and have no depthwise layer.
    cells = 0
    for seed in range(60):
        ops = ops_of("image", seed)
        pools = [op for op in ops if op.kind == "AVERAGE_POOL_2D"]
        halved = [op for op in pools if op.pair("window") == op.pair("stride") == (2, 2)]
        cells += len(halved) == 2 and all(op.kind != "DEPTHWISE_CONV_2D" for op in ops)
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


def test_an_unknown_version_is_told():
    with pytest.raises(Unsupported, match="image has no version 2; it has 1"):
        samplers.sample("image", 0, 2)
