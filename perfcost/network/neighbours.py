"""Means over the neighbours of each op, for all kinds of neighbour in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

RELATIONS = 4
"""Neighbours by kind: producers, consumers, the op before in order, the op after."""

_PLACES = 1 + RELATIONS


def relations(edges: Longs, firsts: Longs, ops: int) -> tuple[Longs, ...]:
    """For each relation [2, edges]: from, to.

    Args:
        edges: [2, edges], producer and consumer.
        firsts: the first op of each graph; nothing is before it.
        ops: how many there are in all graphs.
    """
    is_later = np.ones(ops, bool)
    is_later[firsts[firsts < ops]] = False  # a graph may have no ops
    later = np.flatnonzero(is_later)
    order = np.stack((later - 1, later))
    return edges, edges[::-1], order, order[::-1]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Edges by where their mean goes: the place of an op and a relation.

    The place is ``op * (1 + RELATIONS) + 1 + relation``; the first of each op is its own. Most ops
    have one neighbour of a kind, which is its own mean.

    Attributes:
        only: [lone places], the neighbour of a place with one; ``lone`` are those places.
        several: [edges], the neighbours of places with more, sorted by place.
        starts: [crowded places], where the edges of such a place start in ``several``.
        counts: [crowded places, 1], how many there are; ``crowded`` are those places.
    """

    only: Longs
    lone: Longs
    several: Longs
    starts: Longs
    counts: Floats
    crowded: Longs

    @staticmethod
    def of(found: Sequence[Longs]) -> Neighbours:
        """From the edges of each relation."""
        sources = np.concatenate([relation[0] for relation in found])
        places = np.concatenate(
            [relation[1] * _PLACES + 1 + number for number, relation in enumerate(found)]
        )
        by_place = np.argsort(places, kind="stable")
        sources, places = sources[by_place], places[by_place]
        filled, of_place, counts = np.unique(places, return_inverse=True, return_counts=True)
        alone = (counts == 1)[of_place]
        crowd = counts[counts > 1]
        return Neighbours(
            sources[alone], places[alone], sources[~alone], np.cumsum(crowd) - crowd,
            crowd.astype(np.float32)[:, None], filled[counts > 1],
        )  # fmt: skip

    @staticmethod
    def of_graph(edges: Ints, ops: int) -> Neighbours:
        """Those of one graph."""
        return Neighbours.of(relations(edges.astype(np.int64), np.zeros(1, np.int64), ops))

    @staticmethod
    def joined(parts: Sequence[Neighbours], firsts: Longs) -> Neighbours:
        """Those of several graphs, each with its first op."""
        if len(parts) == 1:
            return parts[0]
        edges = np.cumsum([0, *(len(part.several) for part in parts[:-1])])
        at = list(zip(parts, firsts.tolist(), edges.tolist(), strict=True))
        return Neighbours(
            np.concatenate([part.only + op for part, op, _ in at]),
            np.concatenate([part.lone + op * _PLACES for part, op, _ in at]),
            np.concatenate([part.several + op for part, op, _ in at]),
            np.concatenate([part.starts + edge for part, _, edge in at]),
            np.concatenate([part.counts for part in parts]),
            np.concatenate([part.crowded + op * _PLACES for part, op, _ in at]),
        )

    def beside(self, h: Floats) -> Floats:
        """[ops, (1 + RELATIONS) * width]: an op's own state, then the means of its neighbours.

        A mean is 0 where there are none.
        """
        found = np.zeros((len(h), _PLACES, h.shape[1]), np.float32)
        found[:, 0] = h
        by_place = found.reshape(-1, h.shape[1])
        by_place[self.lone] = h[self.only]
        if len(self.starts):
            by_place[self.crowded] = np.add.reduceat(h[self.several], self.starts) / self.counts
        return found.reshape(len(h), -1)
