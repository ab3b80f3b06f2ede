"""Draws are the same for ever: hashes found once, on numpy 1.26 and 2.x."""

import hashlib
import math

import numpy as np

from perfcost.spaces.writer.draws import GAUSSIAN_UNIT, Stream, gaussian_table
from perfcost.spaces.writer.weights import trained_like


def digest(*arrays: np.ndarray) -> str:
    h = hashlib.sha256()
    for a in arrays:
        h.update(np.ascontiguousarray(a).tobytes())
    return h.hexdigest()[:16]


def entropy(values: np.ndarray) -> float:
    p = np.bincount(values.ravel().astype(np.int64) + 128, minlength=256) / values.size
    return -float(sum(x * math.log2(x) for x in p if x > 0))


def test_gaussian_table_is_golden_and_normal():
    table = gaussian_table()
    assert digest(table.astype("<i2")) == "1ea009ce409dac97"
    z = table.astype(np.float64) / GAUSSIAN_UNIT
    assert abs(z.mean()) < 1e-12 and abs(z.std() - 1) < 1e-3
    assert np.all(np.diff(table) >= 0)


def test_stream_is_golden():
    stream = Stream(7, 11)
    words = stream.words(5).astype("<u8")
    assert digest(words, stream.halves(9).astype("<u2")) == "15bb497749068ada"


def test_streams_differ_by_seed_and_number():
    first = [int(Stream(*k).words(1)[0]) for k in ((0, 0), (0, 1), (1, 0), (-1, 0))]
    assert len(set(first)) == 4


def test_draws_keep_their_bounds():
    stream = Stream(1, 2)
    values = stream.integers(-3, 4, 1000)
    assert set(values.tolist()) == set(range(-3, 4))
    assert all(2 <= stream.uniform(2, 3) < 3 for _ in range(100))


def test_weights_are_golden():
    w = trained_like(Stream(3, 4), (16, 3, 3, 24), 0, 216, True)
    assert digest(w.values, w.scales.astype("<f4")) == "84ce9337ed7cbec4"


def test_every_channel_reaches_the_end_of_the_range():
    w = trained_like(Stream(5, 6), (1, 3, 3, 40), 3, 9, True)
    assert w.scales.shape == (40,)
    assert (np.abs(w.values.astype(int)).max(axis=(0, 1, 2)) == 127).all()


def test_entropy_is_that_of_trained_nets():
    each = [
        entropy(trained_like(Stream(9, i), (64, 3, 3, 32), 0, 288, True).values) for i in range(40)
    ]
    whole = [
        entropy(trained_like(Stream(9, i), (64, 288), 0, 288, False).values) for i in range(40)
    ]
    assert min(each) > 4.0 and max(each) < 7.8 and 6.9 < np.median(each) < 7.6
    assert min(whole) > 3.5 and max(whole) < 7.5 and 5.2 < np.median(whole) < 6.6
