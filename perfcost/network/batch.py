"""Several graphs side by side, as one graph of many parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from perfcost.network.features import Floats, Ints
from perfcost.network.neighbours import Neighbours, relations


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
        firsts: [graphs], the first op of each.
        edges: [2, edges], producer and consumer.
        prior: [ops] cycles; ``prior_bytes`` [ops, 2]; ``prior_whole`` [graphs, 4].
    """

    kinds: NDArray[np.int64]
    values: Floats
    hardware: Floats
    graph_of: NDArray[np.int64]
    firsts: NDArray[np.int64]
    edges: NDArray[np.int64]
    prior: NDArray[np.float64]
    prior_bytes: NDArray[np.float64]
    prior_whole: NDArray[np.float64]

    @property
    def graphs(self) -> int:
        return len(self.hardware)

    @property
    def relations(self) -> tuple[NDArray[np.int64], ...]:
        """See ``neighbours.relations``."""
        return relations(self.edges, self.firsts, len(self.kinds))

    @property
    def neighbours(self) -> Neighbours:
        """Those of all graphs."""
        return Neighbours.of(self.relations)


def collate(pieces: Sequence[Piece]) -> Batch:
    """One batch of graphs, each of at least one op."""
    counts = np.array([len(piece.kinds) for piece in pieces])
    firsts = np.cumsum(counts) - counts
    return Batch(
        kinds=_joined([piece.kinds for piece in pieces]).astype(np.int64),
        values=np.concatenate(
            (_joined([piece.ops for piece in pieces]), _joined([piece.prices for piece in pieces])),
            axis=1,
        ),
        hardware=np.stack([piece.hardware for piece in pieces]),
        graph_of=np.repeat(np.arange(len(pieces)), counts),
        firsts=firsts,
        edges=_joined(
            [
                piece.edges.astype(np.int64) + first
                for piece, first in zip(pieces, firsts, strict=True)
            ],
            axis=1,
        ),
        prior=_joined([piece.prior for piece in pieces]),
        prior_bytes=_joined([piece.prior_bytes for piece in pieces]),
        prior_whole=np.stack([piece.prior_whole for piece in pieces]),
    )


def _joined(arrays: list[NDArray[Any]], axis: int = 0) -> NDArray[Any]:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays, axis=axis)
