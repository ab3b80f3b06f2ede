"""nn-Meter: rules from the outside, kernels, labels in isolation, one regressor a type."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="needs the extra 'label'")
pytest.importorskip("xgboost", reason="needs the extra 'benchmarks'")

from baselines.dataset import Dataset
from baselines.errors import BaselineError
from baselines.laws import GeometricMean
from baselines.nn_meter import NnMeter, fusion, kernels, labels, model, sampling
from baselines.nn_meter.fusion import Case
from baselines.nn_meter.labels import KernelLabel
from perfcost.frontends.tflite import read_tflite
from perfcost.network.features import GraphFeatures, graph_features
from perfcost.pieces import Cutter
from perfcost.spaces import samplers
from perfcost.spaces.tflite_writer import NetBuilder
from perfcost.training.samples import Sample

TARGET = "ethos-u55-128"
TARGETS = ("ethos-u55-128", "ethos-u65-256")


@pytest.mark.parametrize(
    ("apart", "together", "fused"),
    [
        ((100, 40), 105, True),  # 35 of 40 are saved
        ((100, 40), 125, False),  # 15 are
        ((100, 40), 120, False),  # just half is not more than half
        ((100, 0), 90, False),  # an op that is free alone is no kernel
        ((100, 40), 200, False),
    ],
)
def test_a_pair_is_fused_where_it_saves_half_of_the_cheaper(apart, together, fused):
    assert Case("A", "B", apart, together).fused is fused


def test_most_cases_decide():
    cases = [Case("A", "B", (10, 10), total) for total in (10, 10, 20)]
    cases += [Case("B", "C", (10, 10), total) for total in (10, 20)]
    assert fusion.rules_of(cases) == {("A", "B")}


def net() -> GraphFeatures:
    """Two convolutions, the first read twice, then a table and an addition."""
    b = NetBuilder()
    x = b.conv(b.input([1, 8, 8, 16]), 16, 1)
    y = b.hard_swish(b.conv(x, 16, 3))
    b.add(x, y)
    return graph_features(read_tflite(b.build()))


def test_each_op_is_in_one_kernel():
    rules = frozenset({("CONV_2D", "HARD_SWISH"), ("CONV_2D", "ADD"), ("HARD_SWISH", "ADD")})
    graph = net()
    found = kernels.split(graph, rules)
    assert [kernel.type for kernel in found] == ["CONV_2D", "CONV_2D+HARD_SWISH+ADD"]
    assert sorted(op for kernel in found for op in kernel.ops) == [0, 1, 2, 3]
    # the first convolution is read twice, so what follows it does not join it
    assert [k.type for k in kernels.split(graph, frozenset({("CONV_2D", "ADD")}))] == [
        "CONV_2D", "CONV_2D", "HARD_SWISH", "ADD",
    ]  # fmt: skip
    work = [float(np.expm1(kernel.row[-1])) for kernel in found]
    assert work[0] == pytest.approx(8 * 8 * 16 * 16, rel=1e-4)
    assert work[1] >= 9 * work[0] * 0.999


def test_the_numbers_of_a_kernel_tell_its_sizes():
    first, *_ = kernels.split(net(), frozenset())
    values = dict(zip(kernels.COLUMNS, np.expm1(first.row.astype(np.float64)), strict=True))
    assert values["input_channels"] == pytest.approx(16, rel=1e-4)
    assert values["kernel_height"] == pytest.approx(1, rel=1e-4)
    assert values["last_output_width"] == pytest.approx(8, rel=1e-4)


def of_ops(graphs: list[Sample]) -> list[KernelLabel]:
    """Each op as a kernel with the label that it has in its graph."""
    return [
        KernelLabel(samplers.names()[graph.space], 1, graph.seed, kernel, round(cycles))
        for graph in graphs
        for kernel, cycles in zip(
            kernels.split(graph, frozenset()), graph.op_cycles.tolist(), strict=True
        )
    ]


@pytest.fixture(scope="module")
def timed(fitted_on: list[Sample]) -> NnMeter:
    few = fitted_on * 50  # as many labels as ops
    found = NnMeter(lambda target: (of_ops(fitted_on), frozenset()))
    found.fit(Dataset(few), TARGET, "latency")
    return found


def answered(found: NnMeter, graphs: list[Sample]) -> list[Sample]:
    kinds = set(found._trees)
    return [
        graph for graph in graphs
        if {k.type for k in kernels.split(graph, frozenset())} <= kinds
    ]  # fmt: skip


def test_a_graph_costs_the_sum_of_its_kernels(timed: NnMeter, others: list[Sample]) -> None:
    graphs = answered(timed, others)
    assert len(graphs) > 0.7 * len(others)
    labels_ = np.array([graph.cycles for graph in graphs])
    assert np.abs(timed.predict(graphs) / labels_ - 1).mean() < 0.25
    one = graphs[0]
    parts = [
        replace(
            one, kinds=one.kinds[at : at + 1], ops=one.ops[at : at + 1],
            edges=np.zeros((2, 0), np.int32),
        )
        for at in range(len(one.kinds))
    ]  # fmt: skip
    assert timed.predict(parts).sum() == pytest.approx(timed.predict([one])[0], rel=1e-6)


def test_true_labels_halve_the_error_of_one_number_and_those_of_other_kernels_do_not(
    timed: NnMeter, fitted_on: list[Sample], others: list[Sample]
) -> None:
    graphs = answered(timed, others)
    wanted = np.array([graph.cycles for graph in graphs], np.float64)
    one = GeometricMean()
    one.fit(Dataset(fitted_on), TARGET, "latency")
    known = of_ops(fitted_on)
    order = np.random.default_rng(5).permutation(len(known))
    mixed = [replace(x, cycles=known[at].cycles) for x, at in zip(known, order, strict=True)]
    misled = NnMeter(lambda target: (mixed, frozenset()))
    misled.fit(Dataset(fitted_on * 50), TARGET, "latency")
    number, right, wrong = (
        float(np.abs(np.log(found.predict(graphs) / wanted)).mean())
        for found in (one, timed, misled)
    )
    assert right < number / 2 < wrong


def test_a_kernel_without_a_predictor_is_an_error(timed: NnMeter, others: list[Sample]) -> None:
    strange = replace(others[0], kinds=np.full_like(others[0].kinds, 10_000))
    with pytest.raises(BaselineError, match=r"no predictor for a kernel UNKNOWN"):
        timed.predict([strange])


def test_one_that_is_saved_and_loaded_predicts_the_same(
    timed: NnMeter, others: list[Sample], tmp_path: Path
) -> None:
    timed.save(tmp_path)
    again = NnMeter()
    again.load(tmp_path)
    graphs = answered(timed, others)
    assert np.array_equal(again.predict(graphs), timed.predict(graphs))
    (tmp_path / "fusion.json").write_text('{"fused": [["A"]]}')
    with pytest.raises(BaselineError, match="expected pairs of kinds"):
        again.load(tmp_path)
    for path in tmp_path.glob("kernel *"):
        path.unlink()
    fusion.save(frozenset(), tmp_path / "fusion.json")
    with pytest.raises(BaselineError, match="no regressors"):
        again.load(tmp_path)


def test_labels_of_spaces_that_are_left_out_are_not_used(fitted_on: list[Sample]) -> None:
    image = [graph for graph in fitted_on if samplers.names()[graph.space] == "image"]
    found = NnMeter(lambda target: (of_ops(fitted_on), frozenset()))
    found.fit(Dataset(image * 50), TARGET, "latency")
    kinds = {label.kernel.type for label in of_ops(image)}
    assert set(found._trees) <= kinds < {label.kernel.type for label in of_ops(fitted_on)}


def test_too_few_labels_and_other_metrics_are_refused(fitted_on: list[Sample]) -> None:
    found = NnMeter(lambda target: (of_ops(fitted_on)[:3], frozenset()))
    with pytest.raises(BaselineError, match="3 labelled kernels came"):
        found.fit(Dataset(fitted_on), TARGET, "latency")
    with pytest.raises(BaselineError, match="latency alone"):
        found.fit(Dataset(fitted_on), TARGET, "sram_bytes")
    with pytest.raises(BaselineError, match="cannot be read"):
        NnMeter().fit(Dataset([replace(fitted_on[0], target="other")]), "other", "latency")


def test_labels_are_kept_as_they_are(fitted_on: list[Sample], tmp_path: Path) -> None:
    found = of_ops(fitted_on[:3])
    path = tmp_path / "labels.parquet"
    labels.save(found, path)
    again = labels.read(path)
    assert [(x.space, x.version, x.seed, x.cycles, x.kernel.type, x.kernel.ops) for x in again] == [
        (x.space, x.version, x.seed, x.cycles, x.kernel.type, x.kernel.ops) for x in found
    ]
    assert all(
        np.array_equal(a.kernel.row, b.kernel.row) for a, b in zip(again, found, strict=True)
    )


def test_bad_files_of_labels_are_refused(fitted_on: list[Sample], tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    path = tmp_path / "labels.parquet"
    with pytest.raises(BaselineError, match="cannot be read"):
        labels.read(path)
    path.write_bytes(b"PAR1 is not enough")
    with pytest.raises(BaselineError, match="no Parquet"):
        labels.read(path)
    labels.save([replace(of_ops(fitted_on[:1])[0], cycles=-1)], path)
    with pytest.raises(BaselineError, match="costs -1 cycles"):
        labels.read(path)
    pq.write_table(pq.read_table(path).drop(["macs"]), path)
    with pytest.raises(BaselineError, match="other columns than expected: macs"):
        labels.read(path)


def test_new_samples_lie_near_what_is_priced_worst() -> None:
    random = np.random.default_rng(1)
    pool = random.normal(size=(500, 4)).astype(np.float32)
    taken = list(range(100))
    cycles = np.where(pool[:, 0] > 1, np.exp(random.normal(6, 2, 500)), 1000 + 100 * pool[:, 1])
    wrong = sampling.errors(pool[taken], cycles[taken])
    assert wrong[pool[taken, 0] > 1].mean() > 5 * wrong[pool[taken, 0] <= 1].mean()
    worst = pool[np.argsort(-wrong)[:10]]
    found = sampling.nearest(pool, worst, taken, 30)
    assert len(found) == len(set(found)) == 30 and not set(found) & set(taken)
    apart = np.abs(pool[:, None] - worst).sum(axis=2).min(axis=1)
    assert apart[found].mean() < 0.7 * np.delete(apart, taken).mean()


@pytest.mark.parametrize("target", TARGETS)
def test_shipped_labels_are_what_the_compiler_says(target: str) -> None:
    pytest.importorskip("ethosu.regor", reason="needs the extra 'label'")
    from perfcost.labels import VelaLabeller
    from perfcost.targets import resolve

    found, rules = model.shipped(target)
    assert {label.space for label in found} == set(samplers.names())
    for label in found[:: len(found) // 6]:
        data = samplers.sample(label.space, label.seed, label.version)
        graph = graph_features(read_tflite(data))
        assert any(
            kernel.ops == label.kernel.ops and np.array_equal(kernel.row, label.kernel.row)
            for kernel in kernels.split(graph, rules)
        )
        piece = Cutter(data).piece(label.kernel.ops)
        assert VelaLabeller().label(piece, resolve(target)).cycles == label.cycles
