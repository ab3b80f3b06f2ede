"""What a machine keeps of earlier prices changes no later one."""

import pytest

import perfcost
from perfcost.physics.ethos_u import family, machine
from perfcost.spaces import samplers
from perfcost.targets import resolve

TARGETS = ("ethos-u55-128", "ethos-u65-256", "ethos-u85-256")


def prices(target: str, seeds: range) -> list[object]:
    device = resolve(target)
    found = []
    for seed in seeds:
        graph = perfcost.load(samplers.sample("wild", seed))
        found.append(perfcost.estimate(graph, device, network=False))
    return found


@pytest.mark.parametrize("target", TARGETS)
def test_prices_are_those_of_a_fresh_machine(target: str) -> None:
    seeds = range(70, 82)
    known = prices(target, seeds)
    alone = []
    for seed in reversed(seeds):
        family.machine.cache_clear()
        alone += prices(target, range(seed, seed + 1))
    assert known == alone[::-1]


@pytest.mark.parametrize("target", TARGETS)
def test_a_full_store_is_emptied(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = range(70, 76)
    family.machine.cache_clear()
    known = prices(target, seeds)
    family.machine.cache_clear()
    monkeypatch.setattr(machine, "KEPT", 7)
    assert prices(target, seeds) == known
    laws = family.machine(resolve(target))  # type: ignore[arg-type]
    assert sum(1 + len(timed.weighted) for timed in laws._kept.values()) <= 7
