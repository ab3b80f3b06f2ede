"""The dice and the weights of samplers: integers, spread as they say."""

import hashlib

import numpy as np
import pytest

from perfcost.spaces.samplers import weights
from perfcost.spaces.samplers.dice import Dice


def entropy(values):
    _, counts = np.unique(values, return_counts=True)
    share = counts / counts.sum()
    return float(-(share * np.log2(share)).sum())


def test_choices_are_golden():
    dice = Dice(7, 9)
    drawn = [dice.integer(0, 99), dice.log(1, 1000), dice.channels(8, 64), dice.pick(*"abcdef")]
    drawn += [dice.weighted(((1, "x"), (3, "y"))), dice.chance(50), dice.order(6)]
    assert drawn == [16, 12, 16, "a", "x", False, [5, 1, 4, 0, 2, 3]]


def test_integers_reach_both_ends():
    dice = Dice(1, 1)
    drawn = [dice.integer(3, 5) for _ in range(200)]
    assert set(drawn) == {3, 4, 5}


@pytest.mark.parametrize(("low", "high"), [(1, 1), (1, 2), (3, 7), (10_000, 4_000_000_000)])
def test_log_stays_within(low, high):
    dice = Dice(2, 3)
    drawn = [dice.log(low, high) for _ in range(500)]
    assert min(drawn) >= low and max(drawn) <= high


def test_log_spreads_over_octaves():
    dice = Dice(4, 5)
    drawn = np.array([dice.log(1, 1 << 20) for _ in range(4000)])
    shares = np.histogram(np.log2(drawn), bins=4, range=(0, 20))[0] / len(drawn)
    assert shares == pytest.approx([0.25] * 4, abs=0.04)


def test_order_is_a_permutation():
    assert sorted(Dice(5, 6).order(40)) == list(range(40))


@pytest.mark.parametrize(
    ("shape", "axis"), [((16, 3, 3, 8), 0), ((1, 3, 3, 40), 3), ((4, 70_000), 0), ((1, 1, 1, 1), 0)]
)
def test_channels_reach_the_end_of_the_range(shape, axis):
    dice = Dice(8, 1)
    drawn = weights.draw(dice, weights.Style(0, 10, 1, 0, 1), shape, axis, True)
    assert drawn.values.shape == shape and drawn.scales.shape == (shape[axis],)
    others = tuple(i for i in range(len(shape)) if i != axis)
    assert (np.abs(drawn.values.astype(int)).max(axis=others) == 127).all()
    assert (drawn.scales > 0).all()


def test_weights_are_golden():
    drawn = weights.draw(Dice(8, 2), weights.Style(1, 9, 2, 40, 4), (32, 3, 3, 16), 0, True)
    found = hashlib.sha256(drawn.values.tobytes() + drawn.scales.astype("<f4").tobytes())
    assert found.hexdigest()[:16] == "e466ceac14344de7"


def test_styles_spread_from_sparse_to_uniform():
    dice, found, zeros = Dice(9, 9), [], []
    for _ in range(300):
        style = weights.draw_style(dice, (7, 15))
        values = weights.draw(dice, style, (64, 3, 3, 32), 0, True).values
        found.append(entropy(values))
        zeros.append(float((values == 0).mean()))
    assert min(found) < 2.5 and max(found) > 7.95
    assert 6.3 < np.median(found) < 7.5
    assert max(zeros) > 0.8 and np.median(zeros) < 0.05


def test_pruned_weights_are_pruned_by_as_much_as_asked():
    for zeros in (10, 50, 90):
        style = weights.Style(0, 12, 0, zeros, 4)
        values = weights.draw(Dice(3, zeros), style, (64, 3, 3, 64), 0, True).values
        assert float((values == 0).mean()) == pytest.approx(zeros / 100, abs=0.04)
