"""The comparison: what is left out stays out, and figures are those of the answers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="needs the extra 'label'")
pytest.importorskip("xgboost", reason="needs the extra 'benchmarks'")

from baselines.dataset import METRICS
from baselines.errors import BaselineError
from benchmarks import compare
from benchmarks.comparing import graphs, models, runs, splits, tables
from benchmarks.comparing.cells import cells_of
from benchmarks.comparing.figures import figures, paired
from benchmarks.comparing.runs import Answers, Fit, Run
from perfcost.spaces import samplers
from perfcost.training.samples import SPLITS, Sample

ROOT = Path(__file__).parents[2]
TARGET, OTHER = splits.TARGETS
TRAIN, TEST = SPLITS.index("train"), SPLITS.index("test")


def sample(
    space: str = "image", split: int = TRAIN, target: str = TARGET, cycles: int = 1
) -> Sample:
    none = np.zeros(0)
    return Sample(
        samplers.names().index(space), split, 1, target, none, none, none, none, none, none, none,
        none, cycles, none, np.zeros(4),
    )  # type: ignore[arg-type]  # fmt: skip


WITHOUT = splits.left_out(splits.TARGETS, samplers.names(), 10)


def test_every_space_and_three_profiles_are_left_out() -> None:
    names = [(split.name, split.target) for split in WITHOUT]
    assert len(set(names)) == len(names) == 2 * 5 + 3


@pytest.mark.parametrize("split", WITHOUT, ids=lambda split: f"{split.name} {split.target}")
def test_what_is_left_out_is_not_trained_on(split: splits.Split) -> None:
    configured = f"{split.target}:Ethos_U55_High_End_Embedded/Shared_Sram"
    everything = [
        sample(space, part, target)
        for space in samplers.names()
        for part in range(len(SPLITS))
        for target in (*splits.TARGETS, *splits.PROFILES, configured)
    ]
    trained = [s for s in everything if split.trains_on(s)]
    assert trained and {s.split for s in trained} == {TRAIN}
    asked = [s for s in everything if split.asks_for(s)]
    assert {s.split for s in asked} == {TEST} and {s.target for s in asked} == {split.target}
    if split.profile:
        assert split.target not in {s.target.split(":")[0] for s in trained}
    else:
        assert {s.target for s in trained} == {split.target}
        left = samplers.names().index(split.space)
        assert left not in {s.space for s in trained} and {s.space for s in asked} == {left}


def test_real_networks_are_asked_for_where_wild_is_known_or_left_out() -> None:
    real = {split.name for split in WITHOUT if split.real}
    assert real == {"without wild"}
    assert splits.in_distribution(TARGET, 10).real == ("development", "test")


def answers(*values: float, group: str = "image") -> Answers:
    return Answers(Fit(7, 2.0), {group: np.array(values)}, {group: 0.5})


def test_cells_hold_errors_of_what_was_answered() -> None:
    split = splits.in_distribution(TARGET, 10)
    asked = {"image": [sample(cycles=100) for _ in range(4)]}
    found = {
        Run(split, "latency", models.SHIPPED): answers(101, 99, 101, 99),
        Run(split, "latency", "macs"): answers(110, np.nan, 130, 100),
        Run(split, "latency", "laws"): answers(100, 100, 100, 100),
        Run(split, "latency", "nn-meter"): answers(*[np.nan] * 4),
    }
    ours, macs, laws, none = cells_of(found, asked)
    assert ours.figures is not None and ours.figures.mape == pytest.approx(1)
    assert macs.figures is not None and macs.figures.mape == pytest.approx(40 / 3)
    assert (macs.asked, macs.answered, macs.labels) == (4, 3, 7)
    assert macs.graphs_a_second == pytest.approx(8)
    assert (ours.beside_network, macs.beside_network, laws.beside_network) == ("", "equal", "ahead")
    assert none.figures is None and none.answered == 0 and none.beside_network == ""
    content = {"command": "c", "commit": "d", "machine": "m", "cells": [
        json.loads(json.dumps(cell, default=lambda record: {
            name: getattr(record, name) for name in record.__dataclass_fields__
        })) for cell in (ours, macs, laws, none)
    ]}  # fmt: skip
    page = tables.page(content, None)
    assert "| macs | 13.3 % = (of 75 %) | 7 | 2 s | 8 |" in page
    assert "| laws | 0.00 % ▲ |" in page and "| nn-meter | no answer |" in page
    assert "| laws | 1 | 0 | 0 |" in page
    summary = tables.summary(content, None)
    assert "| 1.00 % | 13.3 % = (of 75 %) | 0.00 % ▲ | no answer |" in summary


def test_who_is_ahead_is_decided_on_the_same_graphs() -> None:
    random = np.random.default_rng(3)
    ours = np.abs(random.normal(0.05, 0.02, 400))
    assert paired(ours + 0.004, ours) == "behind"
    assert paired(ours - 0.004, ours) == "ahead"
    assert paired(random.permutation(ours), ours) == "equal"


def test_figures_rank_and_tell_regret() -> None:
    labels = np.arange(1, 301, dtype=np.float64)
    assert figures(labels, labels).regret == 0
    worst = figures(labels[::-1], labels)
    assert worst.spearman == pytest.approx(-1) and worst.kendall == pytest.approx(-1)
    assert worst.regret == pytest.approx(100 * 297)


def test_answers_are_kept_whole(tmp_path: Path) -> None:
    run = Run(WITHOUT[0], "latency", models.OURS, 2)
    assert runs.kept(run, tmp_path) is None
    said = Answers(Fit(12, 3.5), {"image": np.array([1.0, np.nan])}, {"image": 0.25})
    runs.keep(run, said, tmp_path)
    again = runs.kept(run, tmp_path)
    assert again is not None and again.fit == said.fit and again.seconds == said.seconds
    assert np.array_equal(again.predicted["image"], said.predicted["image"], equal_nan=True)
    assert runs.kept(replace(run, seed=1), tmp_path) is None


def test_a_graph_without_an_answer_does_not_silence_the_others() -> None:
    class Picky:
        def predict(self, found: list[Sample]) -> np.ndarray:
            if any(graph.cycles == 13 for graph in found):
                raise BaselineError("not this one")
            return np.array([float(graph.cycles) for graph in found])

    asked = {"image": [sample(cycles=cycles) for cycles in (5, 13, 7)]}
    said = runs.asked(Picky(), Fit(1, 0.0), asked)  # type: ignore[arg-type]
    assert np.array_equal(said.predicted["image"], [5, np.nan, 7], equal_nan=True)


def shipped_runs() -> list[Run]:
    return [
        Run(split, metric, model, seed)
        for split in (splits.in_distribution(target, 10) for target in splits.TARGETS)
        for metric in METRICS
        for model in models.of_split(split, metric)
        for seed in models.seeds_of(model, split, 3)
    ]


def test_weights_of_all_models_are_shipped_and_small() -> None:
    for run in shipped_runs():
        assert (compare.WEIGHTS / run.weights / "fit.json").is_file(), run.weights
    files = [path for path in compare.WEIGHTS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 40e6
    assert {path.suffix for path in files} <= {".json", ".gz", ".safetensors"}


@pytest.mark.parametrize("target", splits.TARGETS)
def test_shipped_models_say_what_the_results_say(target: str) -> None:
    """The first graphs of the test split, drawn again: errors as in the committed figures."""
    content = json.loads((compare.ROOT / "benchmarks/results/compare.json").read_text())
    found = [
        g for g in graphs.Graphs(ROOT / "build/none", 1, 0, ()).real("test", target) if g.cycles
    ]
    for name in ("kernel sum", "graph trees", "macs and bytes", models.SHIPPED):
        run = Run(splits.in_distribution(target, 10), "latency", name)
        said = runs.asked(*runs.shipped(run, compare.WEIGHTS / run.weights), {"test": found})
        [cell] = [
            c for c in content["cells"]
            if (c["target"], c["metric"], c["graphs"], c["model"], c["seed"])
            == (target, "latency", "test", name, 1)
        ]  # fmt: skip
        [mine] = cells_of({replace(run, model=models.SHIPPED): said}, {"test": found})
        assert mine.figures is not None
        assert mine.figures.mape == pytest.approx(cell["figures"]["mape"], rel=1e-3)


def test_every_split_has_its_rows() -> None:
    """None is left out, and none is empty."""
    folder = ROOT / "benchmarks" / "results"
    cells = json.loads((folder / "compare.json").read_text())["cells"]
    cells += json.loads((folder / compare.RETRAINED).read_text())["cells"]
    have = {(cell["split"], cell["target"], cell["graphs"]) for cell in cells}
    for split in WITHOUT:
        groups = [splits.EVERY] if split.profile else [split.space, *split.real[1:]]
        assert {(split.name, split.target, group) for group in groups} <= have
    for target in splits.TARGETS:
        assert {(splits.IN_DISTRIBUTION, target, s) for s in (*samplers.names(), "test")} <= have
    assert all(cell["asked"] > 0 for cell in cells)
