"""Doubt: what is unlike the training set is named; intervals hold the share they promise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from perfcost.frontends.tflite import read_tflite
from perfcost.network.doubt import DEPTH_MARGIN, Familiar, interval_factor
from perfcost.network.features import KINDS, OP_FEATURES
from perfcost.network.refine import Seen
from perfcost.physics import price
from perfcost.spaces import samplers
from perfcost.targets import resolve


def seen(space: str, seed: int) -> Seen:
    graph = read_tflite(samplers.sample(space, seed), name=space)
    target = resolve("ethos-u55-128")
    return Seen.of(graph, price(graph, target), target)


@pytest.fixture(scope="module")
def familiar() -> Familiar:
    return Familiar.of([seen("keyword", seed) for seed in range(60)])


def with_value(each: Seen, op: int, **values: float) -> Seen:
    from perfcost.network.doubt import options_of

    ops = each.ops.copy()
    for name, value in values.items():
        ops[op, OP_FEATURES.index(name)] = value
    return replace(each, ops=ops, options=options_of(each.kinds, ops))


def test_trained_on_is_familiar(familiar: Familiar) -> None:
    assert familiar.strangers(seen("keyword", 3)) == []


def test_unknown_kind_is_named(familiar: Familiar) -> None:
    each = seen("keyword", 3)
    kinds = each.kinds.copy()
    kinds[0] = KINDS.index("TRANSPOSE_CONV")
    from perfcost.network.doubt import options_of

    changed = replace(each, kinds=kinds, options=options_of(kinds, each.ops))
    assert any("TRANSPOSE_CONV" in words for words in familiar.strangers(changed))


def test_unknown_stride_and_type_are_named(familiar: Familiar) -> None:
    each = seen("keyword", 3)
    assert familiar.strangers(with_value(each, 0, stride_height=float(np.log1p(7))))
    assert familiar.strangers(with_value(each, 0, input_bits=2.0))


def test_size_far_beyond_is_named(familiar: Familiar) -> None:
    each = seen("keyword", 3)
    usual = familiar.sizes[0]
    assert not familiar.strangers(with_value(each, 0, macs=usual))
    words = familiar.strangers(with_value(each, 0, macs=usual + float(np.log(5))))
    assert any("macs" in each for each in words)


def test_depth_far_beyond_is_named(familiar: Familiar) -> None:
    few = replace(familiar, depth=1)
    each = seen("keyword", 3)
    assert len(each.kinds) > DEPTH_MARGIN
    assert any("ops" in words for words in few.strangers(each))


def test_survives_json(familiar: Familiar) -> None:
    import json

    assert Familiar.from_json(json.loads(json.dumps(familiar.as_json()))) == familiar


def test_interval_holds_the_share_it_promises() -> None:
    generator = np.random.Generator(np.random.Philox(3))
    spreads = generator.uniform(0.01, 0.1, 4000)
    errors = np.abs(generator.laplace(0, 1, 4000)) * spreads
    factor = interval_factor(errors[:2000], spreads[:2000], 0.9)
    inside = (errors[2000:] <= factor * spreads[2000:]).mean()
    assert inside == pytest.approx(0.9, abs=0.02)


def test_interval_of_nothing_is_one_spread() -> None:
    assert interval_factor([], [], 0.9) == 1.0
