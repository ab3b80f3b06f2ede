"""Configurations drawn for a graph: legal, of two accelerators, the same for ever."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from perfcost.dataset.draw import EACH, _profiles, drawn
from perfcost.dataset.key import GraphKey
from perfcost.targets import register
from perfcost.targets.schema import ACCELERATORS

GOLDEN = ["ethos-u65-256:Ethos_U65_Mid_End", "ethos-u85-1024"]


def accelerators(seeds: range, space: str = "wild") -> Counter[str]:
    found: Counter[str] = Counter()
    for seed in seeds:
        found.update(target.accelerator for target in drawn(GraphKey(space, 1, seed)))
    return found


def test_golden() -> None:
    assert [target.name for target in drawn(GraphKey("wild", 1, 7))] == GOLDEN


def test_two_different_accelerators_each() -> None:
    for seed in range(200):
        found = drawn(GraphKey("image", 1, seed))
        assert len({target.accelerator for target in found}) == len(found) == EACH


def test_all_accelerators_alike_often() -> None:
    counts = accelerators(range(2200))
    expected = 2200 * EACH / len(ACCELERATORS)
    assert set(counts) == set(ACCELERATORS)
    assert all(0.8 * expected < count < 1.2 * expected for count in counts.values())


def test_defaults_are_drawn_nearly_half_of_the_time() -> None:
    found = [t.name for seed in range(1000) for t in drawn(GraphKey("keyword", 1, seed))]
    share = sum(name in ACCELERATORS for name in found) / len(found)
    assert 0.4 < share < 0.6


def test_spaces_draw_apart() -> None:
    here = [drawn(GraphKey("wild", 1, seed)) for seed in range(20)]
    there = [drawn(GraphKey("image", 1, seed)) for seed in range(20)]
    assert here != there


def test_what_a_user_registers_changes_nothing(tmp_path: Path) -> None:
    before = [drawn(GraphKey("wild", 1, seed)) for seed in range(20)]
    profile = tmp_path / "mine.toml"
    profile.write_text('name = "mine-for-draws"\nextends = "ethos-u55-128"\n')
    register(profile)
    _profiles.cache_clear()
    assert [drawn(GraphKey("wild", 1, seed)) for seed in range(20)] == before
