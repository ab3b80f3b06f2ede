"""Every baseline: learns from labels and from nothing else, and is the same when loaded again."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

pytest.importorskip("xgboost", reason="needs the extra 'benchmarks'")

from baselines import REGISTRY
from baselines.brp_nas import BrpNas, Gcn
from baselines.dataset import Dataset, of_graphs
from baselines.errors import BaselineError
from baselines.graph_trees import GraphTrees
from baselines.kernel_sum import KernelSum
from baselines.laws import GeometricMean
from baselines.linear import Linear
from baselines.perfsage import PerfSage
from baselines.protocol import Baseline
from benchmarks import nasbench201
from perfcost.frontends.tflite import read_tflite
from perfcost.spaces.tflite_writer import NetBuilder
from perfcost.training.samples import Sample

TARGET = "ethos-u55-128"
# BRP-NAS knows no shapes: outside one space of cells it cannot halve the error, see its own test
STIFF = ("geometric mean", "laws", "roofline", "brp-nas")
# nn-Meter learns from kernels in isolation and not from these graphs, see its own tests
OF_GRAPHS = [name for name in REGISTRY if name != "nn-meter"]
LEARNING = [name for name in OF_GRAPHS if name not in STIFF]


def error(baseline: Baseline, graphs: list[Sample]) -> float:
    """Mean of |log(predicted / label)|: what is too low counts as what is too high."""
    labels = np.array([graph.cycles for graph in graphs], np.float64)
    return float(np.abs(np.log(np.maximum(baseline.predict(graphs), 1e-9) / labels)).mean())


def mape(baseline: Baseline, graphs: list[Sample]) -> float:
    labels = np.array([graph.cycles for graph in graphs], np.float64)
    return float(np.abs(baseline.predict(graphs) / labels - 1).mean())


QUICKER: dict[str, Callable[[], Baseline]] = {
    "brp-nas": lambda: BrpNas(steps=20),
    "perfsage": lambda: PerfSage(epochs=60),
}
"""Baselines whose own settings take too long for a test."""


def fitted(name: str, graphs: list[Sample]) -> Baseline:
    baseline: Baseline = QUICKER.get(name, REGISTRY[name])()
    baseline.fit(Dataset(graphs), TARGET, "latency")
    return baseline


@pytest.fixture(scope="module")
def of_true_labels(fitted_on: list[Sample]) -> Callable[[str], Baseline]:
    """By name; each is fitted once."""
    return cache(lambda name: fitted(name, fitted_on))


@pytest.fixture(scope="module")
def one_number(of_true_labels: Callable[[str], Baseline], others: list[Sample]) -> float:
    """The error of the geometric mean."""
    return error(of_true_labels("geometric mean"), others)


@pytest.mark.parametrize("name", LEARNING)
def test_labels_halve_the_error_of_one_number_for_all(
    name: str, of_true_labels: Callable[[str], Baseline], others: list[Sample]
) -> None:
    assert mape(of_true_labels(name), others) <= mape(of_true_labels("geometric mean"), others) / 2


@pytest.mark.parametrize("name", [name for name in LEARNING if name != "kernel sum"])
def test_labels_of_other_graphs_do_not(
    name: str, one_number: float, shuffled: list[Sample], others: list[Sample]
) -> None:
    """By the logarithm: a sum that is far too low has a MAPE of 100 % at most, no great error."""
    assert error(fitted(name, shuffled), others) > one_number / 2


def test_labels_of_other_graphs_spoil_what_starts_from_laws(
    of_true_labels: Callable[[str], Baseline], shuffled: list[Sample], others: list[Sample]
) -> None:
    right = error(of_true_labels("kernel sum"), others)
    assert error(fitted("kernel sum", shuffled), others) > 10 * right


@pytest.mark.parametrize("name", OF_GRAPHS)
def test_one_that_is_saved_and_loaded_predicts_the_same(
    name: str, of_true_labels: Callable[[str], Baseline], others: list[Sample], tmp_path: Path
) -> None:
    first = of_true_labels(name)
    first.save(tmp_path)
    again = REGISTRY[name]()
    again.load(tmp_path)
    assert np.array_equal(first.predict(others), again.predict(others))
    written = {path.suffix for path in tmp_path.iterdir()}
    assert written <= {".json", ".gz", ".safetensors"}


def test_a_kernel_sum_prices_one_kernel(of_true_labels: Callable[[str], Baseline]) -> None:
    pytest.importorskip("ethosu.regor", reason="needs the extra 'label'")
    from perfcost.labels import VelaLabeller
    from perfcost.targets import resolve

    baseline = of_true_labels("kernel sum")
    wrong = []
    for size, channels, kernel in ((16, 16, 1), (28, 32, 3), (56, 24, 3), (14, 96, 1), (7, 128, 3)):
        net = NetBuilder()
        net.conv(net.input([1, size, size, channels]), channels, kernel)
        data = net.build()
        label = VelaLabeller().label(data, resolve(TARGET)).cycles
        [cycles] = baseline.predict(of_graphs([read_tflite(data)], TARGET))
        wrong.append(abs(cycles / label - 1))
    assert np.mean(wrong) < 0.03


@pytest.mark.parametrize("name", REGISTRY)
def test_one_that_is_not_fitted_says_so(name: str, others: list[Sample], tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match="fit"):
        REGISTRY[name]().predict(others)
    with pytest.raises(BaselineError, match="not fitted"):
        REGISTRY[name]().save(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", REGISTRY)
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match="cannot be read"):
        REGISTRY[name]().load(tmp_path)


BAD: dict[str, Callable[[Sample], Sample]] = {
    "of ethos-u65-256": lambda sample: replace(sample, target="ethos-u65-256"),
    "is nan": lambda sample: replace(sample, cycles=math.nan),  # type: ignore[arg-type]
    "is -5": lambda sample: replace(sample, cycles=-5),
    "is 0": lambda sample: replace(sample, cycles=0),
    "is inf": lambda sample: replace(sample, cycles=math.inf),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("words", BAD)
@pytest.mark.parametrize("name", REGISTRY)
def test_bad_labels_are_refused(name: str, words: str, others: list[Sample]) -> None:
    graphs = [*others[:20], BAD[words](others[20]), *others[21:]]
    with pytest.raises(BaselineError, match=f"graph {others[20].seed}: .*{words}"):
        fitted(name, graphs)


@pytest.mark.parametrize("name", REGISTRY)
def test_other_features_and_metrics_are_refused(name: str, others: list[Sample]) -> None:
    with pytest.raises(BaselineError, match="features of version 1 came"):
        REGISTRY[name]().fit(Dataset(others, features=1), TARGET, "latency")
    with pytest.raises(BaselineError, match="no labelled graphs"):
        REGISTRY[name]().fit(Dataset([]), TARGET, "latency")
    with pytest.raises(BaselineError, match="metric 'joy'"):
        REGISTRY[name]().fit(Dataset(others), TARGET, "joy")


def edited(path: Path, what: Callable[[dict[str, list[int]]], None]) -> None:
    document = json.loads(gzip.decompress(path.read_bytes()))
    what(document["learner"]["gradient_booster"]["model"]["trees"][3])
    path.write_bytes(gzip.compress(json.dumps(document).encode()))


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (lambda tree: tree["left_children"].__setitem__(0, 1_000_000), "left child 1000000"),
        (lambda tree: tree["right_children"].__setitem__(0, 0), "right child 0"),
        (lambda tree: tree["split_indices"].__setitem__(0, 99_999), "splits feature 99999"),
        (lambda tree: tree["left_children"].pop(), "left_children"),
        (lambda tree: tree.pop("tree_param"), "no model of XGBoost"),
    ],
)
def test_a_corrupt_file_of_trees_is_refused(
    what: Callable[[dict[str, list[int]]], None], words: str, others: list[Sample], tmp_path: Path
) -> None:
    baseline = GraphTrees()
    baseline.fit(Dataset(others), TARGET, "latency")
    baseline.save(tmp_path)
    path = tmp_path / "graph.json.gz"
    edited(path, what)
    with pytest.raises(BaselineError, match=words):
        GraphTrees().load(tmp_path)
    text = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(text[: len(text) // 2]))
    with pytest.raises(BaselineError, match="no JSON"):
        GraphTrees().load(tmp_path)
    path.write_bytes(gzip.compress(text)[: len(text) // 40])
    with pytest.raises(BaselineError, match="no gzip"):
        GraphTrees().load(tmp_path)
    path.write_bytes(gzip.compress(b"[]"))
    with pytest.raises(BaselineError, match="expected an object"):
        GraphTrees().load(tmp_path)


def test_corrupt_weights_of_a_network_are_refused(others: list[Sample], tmp_path: Path) -> None:
    baseline = PerfSage(epochs=1)
    baseline.fit(Dataset(others), TARGET, "latency")
    baseline.save(tmp_path)
    path = tmp_path / "perfsage.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BaselineError, match="no safetensors"):
        PerfSage().load(tmp_path)
    path.write_bytes(save({"bias": np.zeros(1, np.float32)}))
    with pytest.raises(BaselineError, match="other arrays than expected: embedding"):
        PerfSage().load(tmp_path)


def test_cells_are_told_apart_by_their_ops_and_edges() -> None:
    """What a cell of NAS-Bench-201 costs is learned from its ops, not from other cells' labels."""
    names = [f"nor_conv_{1 + 2 * (code & 1)}x{1 + 2 * (code & 1)}" for code in range(2)]
    archs = [
        f"|{names[a]}~0|+|skip_connect~0|{names[b]}~1|+|none~0|{names[c]}~1|avg_pool_3x3~2|"
        for a in range(2) for b in range(2) for c in range(2)
    ]  # fmt: skip
    labels = np.array([1.0 + 2.0 * arch.count("3x3~") for arch in archs]) * 3
    cells = [nasbench201.cell(arch) for arch in archs]
    assert all(cell.edges.shape[1] == 10 for cell in cells)
    net = Gcn(len(nasbench201.KINDS), steps=150)
    net.fit(cells, labels)
    assert np.abs(net.predict(cells) / labels - 1).mean() < 0.05
    net.fit(cells, labels[::-1])
    assert np.abs(net.predict(cells) / labels - 1).mean() > 0.2


def test_weights_of_another_linear_model_are_refused(others: list[Sample], tmp_path: Path) -> None:
    first = Linear(with_bytes=False)
    first.fit(Dataset(others), TARGET, "latency")
    first.save(tmp_path)
    with pytest.raises(BaselineError, match="expected 3 weights"):
        Linear(with_bytes=True).load(tmp_path)


def test_bytes_are_predicted_too(fitted_on: list[Sample], others: list[Sample]) -> None:
    labels = np.array([graph.whole[0] for graph in others])
    wrong = {}
    for baseline in (GeometricMean(), GraphTrees()):
        baseline.fit(Dataset(fitted_on), TARGET, "sram_bytes")
        wrong[type(baseline)] = np.abs(baseline.predict(others) / labels - 1).mean()
    assert wrong[GraphTrees] < wrong[GeometricMean] / 2
    with pytest.raises(BaselineError, match="only latency"):
        KernelSum().fit(Dataset(fitted_on), TARGET, "sram_bytes")
