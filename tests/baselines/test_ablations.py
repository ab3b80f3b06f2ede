"""The network without something: what is taken out has no say any more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra 'train'")
pytest.importorskip("xgboost", reason="needs the extra 'benchmarks'")

from baselines import ablations
from baselines.ablations import ABLATIONS, Ablated
from baselines.dataset import Dataset
from baselines.errors import BaselineError
from perfcost.network.features import OP_FEATURES
from perfcost.training.config import Config
from perfcost.training.samples import Sample

TARGET = "ethos-u55-128"
SHORT = Config(epochs=1, width=8, depth=1, batch=16)


def other_laws(sample: Sample) -> Sample:
    return replace(
        sample, prior=sample.prior * 3, prices=sample.prices + 1,
        prior_bytes=sample.prior_bytes * 2, prior_whole=sample.prior_whole * 2,
    )  # fmt: skip


def other_hardware(sample: Sample) -> Sample:
    return replace(sample, hardware=sample.hardware + 1)


def other_weights(sample: Sample) -> Sample:
    ops = sample.ops.copy()
    ops[:, OP_FEATURES.index("entropy_bits")] += 2
    return replace(sample, ops=ops)


@pytest.mark.parametrize(
    ("blind", "changed"),
    [
        (ablations.without_prior, other_laws),
        (ablations.without_hardware, other_hardware),
        (ablations.without_entropy, other_weights),
    ],
)
def test_what_is_taken_out_has_no_say(
    blind: ablations.Blind, changed: ablations.Blind, others: list[Sample]
) -> None:
    model = Ablated(blind, SHORT)
    model.fit(Dataset(others), TARGET, "latency")
    changes = [changed(graph) for graph in others]
    assert np.array_equal(model.predict(others), model.predict(changes))
    seeing = Ablated(ablations.whole, SHORT)
    seeing.fit(Dataset(others), TARGET, "latency")
    assert not np.array_equal(seeing.predict(others), seeing.predict(changes))


def test_one_that_is_saved_and_loaded_predicts_the_same(
    others: list[Sample], tmp_path: Path
) -> None:
    first = Ablated(ablations.whole, SHORT)
    with pytest.raises(BaselineError, match="not fitted"):
        first.save(tmp_path)
    first.fit(Dataset(others), TARGET, "sram_bytes")
    first.save(tmp_path)
    again = Ablated(ablations.whole, SHORT)
    with pytest.raises(BaselineError, match="fit"):
        again.predict(others)
    again.load(tmp_path)
    assert np.array_equal(first.predict(others), again.predict(others))


def test_labels_an_op_count_only_where_they_are_told(others: list[Sample]) -> None:
    model = ABLATIONS["without labels an op"]()
    assert model._config.op_weight == 0
    assert ABLATIONS["network, same budget"]()._config == Config()
