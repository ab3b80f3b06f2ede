"""Statistics of weights and what they cost once coded."""

from __future__ import annotations

import numpy as np
import pytest

from perfcost.weights import Histogram, coded_bits


def histogram(values: list[int] | np.ndarray, zero_point: int = 0) -> Histogram:  # type: ignore[type-arg]
    return Histogram.of(
        np.asarray(values, np.int8).view(np.uint8), signed=True, zero_point=zero_point
    )


def test_entropy_of_a_uniform_histogram_is_8_bits() -> None:
    assert histogram(np.arange(-128, 128)).entropy_bits == pytest.approx(8)


def test_entropy_of_one_value_is_0() -> None:
    found = histogram([5] * 100)
    assert found.entropy_bits == 0 and found.zero_fraction == 0


def test_zero_fraction_goes_by_the_zero_point() -> None:
    assert histogram([3, 3, 0, 1], zero_point=3).zero_fraction == 0.5


def test_uint8_counts_by_its_zero_point() -> None:
    stored = np.array([128, 128, 130, 126], np.uint8)
    found = Histogram.of(stored, signed=False, zero_point=128)
    assert found.zero_fraction == 0.5


def test_large_tensors_are_sampled_evenly() -> None:
    stored = np.tile(np.arange(256, dtype=np.uint8), 4096)
    found = Histogram.of(stored, signed=False, zero_point=0)
    assert found.entropy_bits == pytest.approx(8, abs=0.01)


def test_coding_is_no_shorter_than_the_entropy_and_no_longer_than_the_weights() -> None:
    words = np.random.Philox(key=7).random_raw(3 * 4096).reshape(3, -1)
    draws = (words % np.uint64(61)).astype(np.int64).sum(axis=0) - 90  # near gaussian
    for scale in (1, 2, 8):
        found = histogram(np.clip(draws // scale, -127, 127))
        assert found.entropy_bits <= coded_bits(found) <= found.entropy_bits * 1.1 + 0.2


def test_padding_costs_more_but_less_than_weights() -> None:
    words = np.random.Philox(key=8).random_raw(4096)
    found = histogram((words % np.uint64(255)).astype(np.int64) - 127)
    plain, padded = coded_bits(found), coded_bits(found, 1.0)
    assert plain < padded < 2 * plain


def test_all_zero_weights_have_a_price() -> None:
    assert 0 < coded_bits(histogram([0] * 64)) <= 1
    assert coded_bits(histogram([0] * 64), 3.0) > 0
