"""A kernel sum in place of perfcost's prices: an op costs the same in whatever region it is.

On the NPU the trees of :mod:`baselines.kernel_sum`, trained on Vela's labels an op; on Arm cores
the laws that were fitted to labels an op. Both see the op once, in the whole network.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from baselines.dataset import of_graphs
from baselines.kernel_sum import KernelSum
from perfcost.graph import Graph
from perfcost.placement.prices import Key, Prices, RegionPrice
from perfcost.targets import EthosUTarget
from perfcost.targets.system import System


class KernelPrices(Prices):
    """Prices of regions as sums of prices of ops; memory is left out.

    Args:
        trees: folder of a kernel sum as ``KernelSum.save`` wrote it, of the system's NPU.
    """

    def __init__(self, graph: Graph, system: System, trees: Path) -> None:
        super().__init__(graph, system, None, False)
        self._whole: list[RegionPrice] = []
        everything = tuple(range(len(graph.ops)))
        for place, device in enumerate(system.devices):
            (whole,) = Prices(graph, system, None, False).of([(place, everything)])
            if isinstance(device.target, EthosUTarget):
                whole = replace(whole, op_ms=_by_trees(graph, device.target, trees, whole))
            self._whole.append(whole)

    def of(self, keys: Iterable[Key]) -> list[RegionPrice]:
        return [self._sum(key) for key in keys]

    def _sum(self, key: Key) -> RegionPrice:
        whole = self._whole[key[0]]
        own = tuple(whole.op_ms[op] for op in key[1])
        known = [ms for ms in own if ms is not None]
        total = sum(known) if len(known) == len(own) else None
        return RegionPrice(total, None, {}, {}, own, whole.estimate)


def _by_trees(
    graph: Graph, target: EthosUTarget, trees: Path, whole: RegionPrice
) -> tuple[float | None, ...]:
    cycles = _loaded(trees).by_op(of_graphs([graph], target.name))
    return tuple(
        None if law is None else target.ms(float(own))
        for own, law in zip(cycles, whole.op_ms, strict=True)
    )


@lru_cache(maxsize=2)
def _loaded(trees: Path) -> KernelSum:
    model = KernelSum()
    model.load(trees)
    return model
