"""The fit of laws of events: known coefficients are found, few data are drawn to the prior."""

from __future__ import annotations

import numpy as np
import pytest

sparse = pytest.importorskip("scipy.sparse", reason="needs the extra 'benchmarks'")

from tools.event_fits import graphs_laws, ops_law  # noqa: E402


def test_known_coefficients_are_found_and_a_wrong_label_bends_little() -> None:
    dice = np.random.Generator(np.random.Philox(3))
    counts = dice.uniform(0, 1000, (200, 3)) * (dice.uniform(size=(200, 3)) < 0.7)
    truth = np.array([2.0, 0.0, 5.0])
    events = counts @ truth
    events[7] *= 40
    whole = graphs_laws(sparse.csr_array(counts), events, events, np.zeros(3), 1.0)
    ops = ops_law(counts, events, np.ones(3), 1.0)
    for found in (whole, ops):
        assert (found >= 0).all()
        assert found == pytest.approx(truth, rel=0.03, abs=0.1)


def test_what_no_row_has_stays_as_the_prior_says() -> None:
    counts = np.array([[10.0, 0.0], [20.0, 0.0], [30.0, 0.0]])
    events = counts[:, 0] * 3
    prior = np.array([3.0, 7.0])
    assert graphs_laws(sparse.csr_array(counts), events, events, prior, 1.0) == pytest.approx(
        prior, rel=1e-3
    )
    assert ops_law(counts, events, prior, 1.0) == pytest.approx(prior, rel=1e-3)
