"""The price of a graph by the network, on top of the laws' price."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from perfcost.graph import Graph
from perfcost.network import features
from perfcost.network.batch import collate
from perfcost.network.doubt import Option, calibration_group, options_of
from perfcost.network.features import Floats, GraphFeatures, Ints
from perfcost.network.forward import predict
from perfcost.network.neighbours import Neighbours
from perfcost.network.platforms import hardware_features
from perfcost.network.store import Model
from perfcost.physics import GraphPrice, OpPrice
from perfcost.physics.price import LAWS_ALONE
from perfcost.targets import EthosUTarget, Target

_INTERVAL_ALONE = (
    "interval_of_network",
    "figures are those of laws, which know the target's bounded cache; the network was trained "
    "without such a cache and gives their interval alone",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One graph on one target, as the network sees it."""

    kinds: Ints
    ops: Floats
    edges: Ints
    prices: Floats
    hardware: Floats
    prior: NDArray[np.float64]
    prior_bytes: NDArray[np.float64]
    prior_whole: NDArray[np.float64]
    options: list[tuple[Option, ...]]
    neighbours: Neighbours

    @staticmethod
    def of(graph: Graph, price: GraphPrice, target: Target) -> Seen:
        found: GraphFeatures = graph.kept("_features", features.graph_features)
        moved = features.bytes_by_memory(price.ops)
        by_side = np.stack((moved[:, 0], moved[:, 1:].sum(axis=1)), axis=1)
        peaks = dict(price.memory_bytes)
        whole = [*by_side.sum(axis=0), peaks.get("sram", 0), _outside(peaks)]
        return Seen(
            found.kinds, found.ops, found.edges, features.price_features(price.ops),
            hardware_features(target),
            np.array([op.cycles or 0.0 for op in price.ops], np.float64), by_side,
            np.array(whole, np.float64),
            graph.kept("_options", lambda _: options_of(found.kinds, found.ops)),
            graph.kept(
                "_neighbours", lambda _: Neighbours.of_graph(found.edges, len(found.kinds))
            ),
        )  # fmt: skip


def _outside(counts: dict[str, int]) -> float:
    return float(counts.get("dram", 0) + counts.get("flash", 0))


@dataclass(frozen=True, slots=True)
class Refined:
    """What the network says of one graph.

    Attributes:
        price: the laws' price, corrected: cycles and bytes of each op, peak bytes.
        reach: factor from the sum of cycles to the upper end of its 90 % interval, and from its
            lower end to it; at least 1.
        strangers: in words, what is unlike the graphs that were trained on.
    """

    price: GraphPrice
    reach: float
    strangers: tuple[str, ...]


def refine(model: Model, items: Sequence[tuple[Graph, GraphPrice, Target]]) -> list[Refined]:
    """The network's prices of graphs, all at once; one that nothing runs of stays as it is."""
    found = [Refined(price, 1.0, ()) for _, price, _ in items]
    seen = [Seen.of(graph, price, target) for graph, price, target in items]
    live = [number for number, each in enumerate(seen) if each.prior.sum() > 0]
    if not live:
        return found
    pieces = [seen[number] for number in live]
    batch = collate(pieces)
    neighbours = Neighbours.joined([piece.neighbours for piece in pieces], batch.firsts)
    answers = predict(model.weights, batch, neighbours)
    at = 0
    for place, number in enumerate(live):
        each, (_, price, target) = seen[number], items[number]
        end = at + len(each.kinds)
        factor = model.interval_factor.get(calibration_group(target), 1.0)
        found[number] = Refined(
            _corrected(
                price, target, answers.op_cycles[at:end], answers.whole[place], each.prior_whole
            ),
            math.exp(factor * float(answers.spread[place])),
            tuple(model.familiar.strangers(each)),
        )
        at = end
    return found


def _corrected(
    price: GraphPrice,
    target: Target,
    op_cycles: NDArray[np.float64],
    whole: NDArray[np.float64],
    prior_whole: NDArray[np.float64],
) -> GraphPrice:
    """The price with the network's cycles, and bytes scaled to the network's sums."""
    if isinstance(target, EthosUTarget) and target.cache_is_bounded:
        # Trained on laws that did not know such a cache, the network is worse than the laws alone.
        return _within_cache(price, target)
    sides = (whole / np.maximum(prior_whole, 1.0)).tolist()
    moved = {name: sides[name != "sram"] for name in features.MEMORIES}
    peaks = {name: sides[2 + (name != "sram")] for name in features.MEMORIES}
    if isinstance(target, EthosUTarget):
        peaks["arena"], peaks["weights"] = peaks[target.arena.name], peaks[target.constants.name]
    ops = tuple(
        op
        if op.cycles is None
        else OpPrice(
            cycles, None, {name: count * moved[name] for name, count in op.bytes_moved.items()},
            op.binding,
        )
        for op, cycles in zip(price.ops, op_cycles.tolist(), strict=True)
    )  # fmt: skip
    memory = {
        area: math.ceil(count * peaks.get(area, 1.0)) for area, count in price.memory_bytes.items()
    }
    warnings = tuple(note for note in price.warnings if note[0] != LAWS_ALONE)
    return replace(price, ops=ops, memory_bytes=memory, warnings=warnings)


def _within_cache(price: GraphPrice, target: EthosUTarget) -> GraphPrice:
    """The compiler keeps to a cache's size, to the byte: what does not fit stays in the arena."""
    memory = dict(price.memory_bytes)
    cache = target.cache.name
    if cache in memory:
        memory[cache] = min(memory[cache], target.cache_size_bytes)
    return replace(price, memory_bytes=memory, warnings=(*price.warnings, _INTERVAL_ALONE))
