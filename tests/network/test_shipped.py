"""A gate: the shipped weights are as good as their manifest says, on a few fixed graphs."""

from __future__ import annotations

import numpy as np
import pytest

import perfcost
from perfcost.frontends.tflite import read_tflite
from perfcost.network import store
from perfcost.network.refine import Refined, refine
from perfcost.network.store import Model
from perfcost.physics import price
from perfcost.spaces import samplers, zoo
from perfcost.targets import EthosUTarget, resolve

SEEDS = range(50_000, 50_012)
TARGETS = ("ethos-u55-128", "ethos-u65-256")


@pytest.fixture(scope="module")
def model() -> Model:
    found = store.shipped(resolve("ethos-u55-128"))
    assert found is not None, "the package comes with weights"
    return found


def refined(model: Model, space: str, target_name: str) -> list[tuple[bytes, Refined]]:
    target = resolve(target_name)
    assert isinstance(target, EthosUTarget)
    files = [samplers.sample(space, seed) for seed in SEEDS]
    graphs = [read_tflite(data, name=space) for data in files]
    items = [(graph, price(graph, target), target) for graph in graphs]
    return list(zip(files, refine(model, items), strict=True))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("space", samplers.names())
def test_errors_are_those_of_the_manifest(model: Model, space: str, target: str) -> None:
    pytest.importorskip("ethosu.regor", reason="needs the extra 'label'")
    from perfcost.labels import VelaLabeller, label_many

    answers = refined(model, space, target)
    errors = []
    files = [data for data, _ in answers]
    for outcome in label_many(files, target, VelaLabeller(), jobs=2):
        if outcome.label is None or not outcome.label.cycles:
            continue
        price = answers[outcome.model_index][1].price
        cycles = sum(op.cycles or 0.0 for op in price.ops)
        errors.append(100 * abs(cycles / outcome.label.cycles - 1))
    (row,) = [
        row
        for row in model.manifest["errors"]
        if (row["space"], row["target"], row["metric"]) == (space, target, "cycles")
    ]
    assert len(errors) >= 10
    # the median is steady on a dozen graphs, their mean is not
    assert np.median(errors) <= max(0.5, 5 * row["network"]["median"])


@pytest.mark.parametrize("space", samplers.names())
def test_drawn_graphs_are_familiar(model: Model, space: str) -> None:
    strange = [found.strangers for _, found in refined(model, space, TARGETS[0])]
    assert sum(bool(words) for words in strange) <= 1, strange


def test_estimate_comes_with_its_doubt(model: Model) -> None:
    found = perfcost.estimate(zoo.build("mobilenet_v2"), "ethos-u55-128")
    assert found.weights == model.id
    assert found.in_distribution is True
    assert found.latency_low_ms < found.latency_ms < found.latency_high_ms
    assert found.latency_ms == pytest.approx(sum(op.latency_ms or 0.0 for op in found.ops))


@pytest.mark.parametrize("kilobytes", [256, 512])
def test_no_more_of_a_cache_is_used_than_there_is(model: Model, kilobytes: int) -> None:
    """The compiler keeps to a cache of the NPU's own, and uses nearly all of it."""
    name = f"ethos-u65-256:Ethos_U65_High_End:Dedicated_Sram_{kilobytes}KB"
    peaks = [made.price.memory_bytes["sram"] for _, made in refined(model, "detect", name)]
    assert 0.9 * 1024 * kilobytes < max(peaks) <= 1024 * kilobytes


def test_laws_alone_have_none() -> None:
    found = perfcost.estimate(zoo.build("mlperf_tiny_kws"), "ethos-u55-128", network=False)
    assert found.weights is found.latency_low_ms is found.in_distribution is None


def test_float_network_has_no_price_and_no_interval(model: Model) -> None:
    from perfcost.spaces.tflite_writer import NetBuilder

    net = NetBuilder(dtype="float32", seed=1)
    net.conv(net.input((1, 8, 8, 4)), 8, 3)
    found = perfcost.estimate(net.build(), "ethos-u55-128")
    assert found.latency_ms is found.latency_low_ms is found.in_distribution is None
