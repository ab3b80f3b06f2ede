"""Training: it learns, it ends, and a run that was stopped ends as one that was not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from perfcost.errors import WeightsError
from perfcost.training import loop
from perfcost.training.config import Config
from tests.training.drawn import drawn

SMALL = Config(width=16, depth=1, bins=4, epochs=6, batch=8, rate=1e-2, average=0.9)


@pytest.fixture(scope="module")
def samples():
    return drawn("keyword", range(48))


@pytest.fixture(scope="module")
def halves(samples):
    return samples[:36], samples[36:]


def test_learns_what_the_laws_do_not_say(halves, tmp_path: Path) -> None:
    training, validation = halves
    config = Config(width=16, depth=1, bins=4, epochs=40, batch=8, rate=1e-2, average=0.9,
                    patience=40)  # fmt: skip
    weights = loop.train(training, validation, config, tmp_path)
    prior = [sample.prior.sum() for sample in validation]
    labels = np.array([sample.cycles for sample in validation], float)
    before = 100 * np.mean(np.abs(prior - labels) / labels)
    assert loop.mape(weights, validation) < before / 3


class Stopped(Exception):
    pass


def test_stopped_run_ends_with_the_same_weights(halves, tmp_path: Path) -> None:
    training, validation = halves
    whole = loop.train(training, validation, SMALL, tmp_path / "whole")

    def stop(epoch: loop.Epoch) -> None:
        if epoch.number in (2, 4):
            raise Stopped

    for _ in range(2):
        with pytest.raises(Stopped):
            loop.train(training, validation, SMALL, tmp_path / "stopped", stop)
    again = loop.train(training, validation, SMALL, tmp_path / "stopped")
    assert whole.keys() == again.keys()
    for name, value in whole.items():
        assert np.array_equal(value, again[name]), name


def test_stops_early_without_progress(halves, tmp_path: Path) -> None:
    training, validation = halves
    epochs = []
    config = Config(width=8, depth=1, bins=4, epochs=30, batch=36, rate=1e-9, patience=2)
    loop.train(training, validation, config, tmp_path, epochs.append)
    assert len(epochs) < 30


def test_checkpoint_of_another_training_is_refused(halves, tmp_path: Path) -> None:
    training, validation = halves
    config = Config(width=8, depth=1, bins=4, epochs=1, batch=36)
    loop.train(training, validation, config, tmp_path)
    with pytest.raises(WeightsError, match="another training"):
        loop.train(training[:20], validation, config, tmp_path)


def test_nothing_to_train_on(halves, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="label more"):
        loop.train([], halves[1], SMALL, tmp_path)


def test_edges_rise(samples) -> None:
    edges = loop.quantile_edges(samples, 8)
    assert (np.diff(edges, axis=1) >= 0).all()
    assert edges.dtype == np.float32
