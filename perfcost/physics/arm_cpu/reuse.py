"""How far back the bytes that an op touches were touched last: what decides which cache has them.

An op that reads what another wrote goes through it in the same order. So between the write and the
read of one element lies the rest of what was written, what the writer still read, and what the
reader has written by then: from the first element to the last a straight line of bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfcost.graph import Graph, Op, Tensor
from perfcost.ops import kind_of

_OVERHEAD = 1600.0
"""Bytes of the runtime's own that an op touches: about as many lines as an op of no data misses."""
_UNEVEN = 1.25
"""Sets of a cache fill unevenly: it begins to lose lines before it is full, and ends after."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes that are touched in one go, and bytes touched since, for the first and the last."""

    nbytes: float
    first: float
    last: float

    def far(self, capacity: int) -> float:
        """Bytes of it that a memory of so many bytes has lost."""
        low, high = sorted((self.first, self.last))
        if high <= capacity:
            return 0.0
        if low >= capacity:
            return float(self.nbytes)
        return self.nbytes * (high - capacity) / (high - low)


@dataclass(frozen=True, slots=True)
class Touched:
    """What one op touches."""

    read: tuple[Stretch, ...]
    """A stretch an operand that is not constant."""
    written: Stretch
    constants: Stretch
    """Operands that the file holds, without those that steer the op."""
    prepared: Stretch
    """What the runtime made ready before: pointers to patches."""
    overhead: Stretch
    """The runtime's own book-keeping."""


@dataclass(frozen=True, slots=True)
class Aside:
    """Bytes that an op touches beside its tensors."""

    weights: float
    """Constants as they are laid out for the kernel, where that takes more."""
    prepared: float
    """Made ready before the first inference, such as pointers."""
    scratch: float
    """Needed while it runs."""


def touched(graph: Graph, asides: Sequence[Aside]) -> tuple[Touched, ...]:
    """What each op of a graph touches, one inference after another.

    Args:
        graph: the graph.
        asides: for each op, what it touches beside its tensors.
    """
    tensors = graph.tensors
    reads = [[t for t in dict.fromkeys(op.inputs) if _is_data(tensors, t)] for op in graph.ops]
    writes = [[t for t in op.outputs if t >= 0] for op in graph.ops]
    constants = [
        max(_constants(tensors, op), aside.weights)
        for op, aside in zip(graph.ops, asides, strict=True)
    ]
    fixed = [a + b.prepared + _OVERHEAD for a, b in zip(constants, asides, strict=True)]
    read_bytes = [sum(tensors[t].nbytes for t in found) for found in reads]
    written_bytes = [sum(tensors[t].nbytes for t in found) for found in writes]
    moving = [a + b + c.scratch for a, b, c in zip(read_bytes, written_bytes, asides, strict=True)]
    ends = [0.0]
    for a, b in zip(moving, fixed, strict=True):
        ends.append(ends[-1] + a + b)
    # Results take the places of those that are dead: what is live at once is touched, not all.
    whole = sum(fixed) + max(moving, default=0.0)
    maker = {t: at for at, found in enumerate(writes) for t in found}
    result = []
    for at in range(len(graph.ops)):
        stretches = []
        for tensor in reads[at]:
            size, made = tensors[tensor].nbytes, maker.get(tensor)
            if made is None or made >= at:  # an input of the graph, or a variable
                stretches.append(Stretch(size, whole, whole))
                continue
            between = ends[at] - ends[made + 1] + fixed[at] + size + asides[at].scratch
            stretches.append(
                Stretch(size, between + read_bytes[made], between + float(written_bytes[at]))
            )
        before = ends[at] - ends[at - 1] if at else 0
        own = moving[at] + fixed[at]
        # Where its result goes, something dead was touched an op or two ago.
        place = Stretch(written_bytes[at], min(own, whole), min(own + before, whole))
        kept = (
            Stretch(count, whole / _UNEVEN, whole * _UNEVEN)
            for count in (constants[at], asides[at].prepared, _OVERHEAD)
        )
        result.append(Touched(tuple(stretches), place, *kept))
    return tuple(result)


def _is_data(tensors: Sequence[Tensor], tensor: int) -> bool:
    return tensor >= 0 and tensors[tensor].constant is None


def _constants(tensors: Sequence[Tensor], op: Op) -> int:
    settings = kind_of(op.kind).settings
    return sum(
        tensors[t].nbytes
        for slot, t in enumerate(op.inputs)
        if t >= 0 and tensors[t].constant is not None and slot not in settings
    )
