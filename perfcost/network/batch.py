"""Several graphs side by side, as one graph of many parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from perfcost.network.features import Floats, Ints

RELATIONS = 4
"""Neighbours by kind: producers, consumers, the op before in order, the op after."""


class Piece(Protocol):
    """One graph on one target, as the network needs it; see ``training.samples.Sample``."""

    @property
    def kinds(self) -> Ints: ...
    @property
    def ops(self) -> Floats: ...
    @property
    def edges(self) -> Ints: ...
    @property
    def prices(self) -> Floats: ...
    @property
    def hardware(self) -> Floats: ...
    @property
    def prior(self) -> NDArray[np.float64]: ...
    @property
    def prior_bytes(self) -> NDArray[np.float64]: ...
    @property
    def prior_whole(self) -> NDArray[np.float64]: ...


@dataclass(frozen=True, slots=True)
class Batch:
    """Ops of all graphs one after the other.

    Attributes:
        kinds: [ops].
        values: [ops, features of op and price].
        hardware: [graphs, features of the hardware].
        graph_of: [ops], the graph that an op belongs to.
        relations: for each relation [2, edges]: from, to.
        prior: [ops] cycles; ``prior_bytes`` [ops, 2]; ``prior_whole`` [graphs, 4].
    """

    kinds: NDArray[np.int64]
    values: Floats
    hardware: Floats
    graph_of: NDArray[np.int64]
    relations: tuple[NDArray[np.int64], ...]
    prior: NDArray[np.float64]
    prior_bytes: NDArray[np.float64]
    prior_whole: NDArray[np.float64]

    @property
    def graphs(self) -> int:
        return len(self.hardware)


def collate(pieces: Sequence[Piece]) -> Batch:
    """One batch of graphs, each of at least one op."""
    counts = np.array([len(piece.kinds) for piece in pieces])
    starts = np.cumsum(counts) - counts
    graph_of = np.repeat(np.arange(len(pieces)), counts)
    edges = np.concatenate(
        [piece.edges.astype(np.int64) + start for piece, start in zip(pieces, starts, strict=True)],
        axis=1,
    )
    later = np.setdiff1d(np.arange(counts.sum()), starts)
    order = np.stack((later - 1, later))
    return Batch(
        kinds=np.concatenate([piece.kinds for piece in pieces]).astype(np.int64),
        values=np.concatenate(
            [np.concatenate((piece.ops, piece.prices), axis=1) for piece in pieces]
        ),
        hardware=np.stack([piece.hardware for piece in pieces]),
        graph_of=graph_of,
        relations=(edges, edges[::-1], order, order[::-1]),
        prior=np.concatenate([piece.prior for piece in pieces]),
        prior_bytes=np.concatenate([piece.prior_bytes for piece in pieces]),
        prior_whole=np.stack([piece.prior_whole for piece in pieces]),
    )
