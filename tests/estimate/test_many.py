"""Many models in one call: more than are worked out together, in order, each as if alone."""

import pytest

import perfcost
from perfcost.spaces import samplers

TARGET = "ethos-u65-256"


def test_each_as_if_alone() -> None:
    graphs = [perfcost.load(samplers.sample("wild", seed, 2)) for seed in range(70)]
    together = perfcost.estimate_many(iter(graphs), TARGET)
    assert [found.model.structural_hash for found in together] == [
        perfcost.estimate(graph, TARGET, network=False).model.structural_hash for graph in graphs
    ]
    for graph, found in list(zip(graphs, together, strict=True))[::9]:
        alone = perfcost.estimate(graph, TARGET)
        assert found.latency_ms == pytest.approx(alone.latency_ms, rel=1e-5)
        assert found.latency_high_ms == pytest.approx(alone.latency_high_ms, rel=1e-5)
        assert found.memory_bytes == pytest.approx(alone.memory_bytes, rel=1e-4, abs=2)
        assert found.in_distribution == alone.in_distribution


def test_one_that_cannot_be_read_is_named() -> None:
    good = samplers.sample("keyword", 1)
    with pytest.raises(perfcost.ModelError, match="expected"):
        perfcost.estimate_many([good, b"no model", good], TARGET)


def test_none_gives_none() -> None:
    assert perfcost.estimate_many([], TARGET) == []
