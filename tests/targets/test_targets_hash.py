"""The hash of a target stands for all of its figures, and for nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from perfcost.targets import Target, resolve
from perfcost.targets.schema import ACCELERATORS

GOLDEN = {
    "ethos-u55-128": "933d2252bafa27d0e8562ab34a51461e",
    "ethos-u65-256": "36a2f4eb4ab5e3169162d593d82543fb",
    "ethos-u85-256": "3beb8bc1a1d9638f0bb9680417fe66e4",
}


def variants(value: Any) -> Iterator[Any]:
    """The value with one figure inside it changed, for each figure."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            if field.name == "energy":
                continue
            for changed in variants(getattr(value, field.name)):
                yield dataclasses.replace(value, **{field.name: changed})
    elif isinstance(value, tuple):
        for i, item in enumerate(value):
            for changed in variants(item):
                yield (*value[:i], changed, *value[i + 1 :])
    elif value is None:
        yield 1
    elif isinstance(value, str):
        yield value + "x"
    else:
        yield value + 1


@pytest.mark.parametrize("name", ["ethos-u55-32", "ethos-u65-512", "ethos-u85-2048"])
def test_every_figure_counts_and_the_name_does_not(name: str) -> None:
    target = resolve(name)
    changed = list(variants(target))
    assert len(changed) > 60
    hashes = [t.hash for t in changed if t.name == target.name]
    assert len(set(hashes)) == len(hashes) == len(changed) - 1
    assert target.hash not in hashes
    assert dataclasses.replace(target, name="other").hash == target.hash


def test_hashes_are_distinct_and_stable() -> None:
    targets: list[Target] = [resolve(name) for name in ACCELERATORS]
    assert len({t.hash for t in targets}) == len(targets)
    # Labels and prices are stored under these: a change here asks for a new HASH_VERSION.
    assert {name: resolve(name).hash for name in GOLDEN} == GOLDEN
