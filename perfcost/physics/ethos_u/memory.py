"""Where the tensors of a folded graph lie and how they are laid out.

Brick layout (NHCWB16) is the rule between commands of the NPU. A tensor is laid out plainly where
the CPU sees it, where it is constant, where a command sees it with another width or depth than
its producer, or where a part of it starts at a channel that is no multiple of 16. Restates
``UpdateSchedulerTensor`` of Regor (Vela 5.2.0, Apache-2.0).
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from itertools import dropwhile

from perfcost.physics.ethos_u.draft import AWAY, CONSTANT, PLAIN, Draft, View
from perfcost.physics.ethos_u.fold import Folded
from perfcost.physics.ethos_u.layout import aligned
from perfcost.targets import EthosUTarget
from perfcost.targets.profile import Memory

_DEPTH = 16
_PLAINLY = frozenset({CONSTANT, PLAIN, AWAY[PLAIN]})
_TEMPORARIES_AWAY = frozenset(AWAY.values())


class Placement:
    """Layout and memory of every tensor that the NPU touches.

    Args:
        folded: the graph as the NPU runs it.
        target: the accelerator.
        away: tensors that do not stay in the cache; those that never do, where it is not given.
    """

    def __init__(
        self, folded: Folded, target: EthosUTarget, away: frozenset[int] | None = None
    ) -> None:
        self._constants, self._arena, self._cache = target.constants, target.arena, target.cache
        self._plain = folded.kept("_plain", _laid_plainly)
        self._outside = folded.kept("_outside", _outside)
        self._away: frozenset[int]
        if away is not None:
            self._away = away
        elif target.spills:
            self._away = folded.kept("_away", _away)
        else:
            self._away = frozenset()

    def brick(self, view: View, draft: Draft) -> bool:
        if view.storage in _PLAINLY or draft.linear:
            return False
        return view.storage not in self._plain and view.storage not in self._outside

    def memory(self, view: View) -> Memory:
        if view.storage == CONSTANT:
            return self._constants
        if self._leaves(view):
            return self._arena
        return self._cache

    def seen(self, view: View, draft: Draft) -> int:
        """Memory and layout of a view in one small number, to tell commands apart by."""
        if view.storage == CONSTANT:
            return 0
        away = self._leaves(view)
        return (1 if self.brick(view, draft) else 2) + (2 if away else 0)

    def _leaves(self, view: View) -> bool:
        storage = view.storage
        return storage in self._outside or storage in self._away or storage in _TEMPORARIES_AWAY

    def outside(self, view: View) -> bool:
        """Whether the CPU sees a view's tensor too."""
        return view.storage in self._outside


def _outside(folded: Folded) -> frozenset[int]:
    """Tensors that the CPU sees too."""
    return frozenset(folded.root(tensor) for tensor in folded.shared_with_cpu)


def _away(folded: Folded) -> frozenset[int]:
    """Tensors that do not stay in a cache for other reasons."""
    return with_company(folded, _across_cpu(folded))


def across_cpu(folded: Folded) -> frozenset[int]:
    """Tensors that live while the CPU runs an op: the cache does not keep them."""
    return folded.kept("_across", _across_cpu)


def with_company(
    folded: Folded, away: frozenset[int], inner: frozenset[tuple[int, int]] = frozenset()
) -> frozenset[int]:
    """Tensors that leave the cache, with those that leave it because of them.

    ``inner`` are commands, as (position of the op, which of its drafts), that read a rolling
    buffer: their operands stay apart.
    """
    return away | _beside_slow(folded, _outside(folded) | away, inner)


def _laid_plainly(folded: Folded) -> set[int]:
    """Tensors that a command wants plain, or sees with another width or depth than another."""
    plain: set[int] = set()
    writes: dict[int, set[tuple[int, int]]] = {}
    reads: dict[int, set[tuple[int, int]]] = {}
    wholes: dict[int, set[tuple[int, int]]] = {}
    for drafts in folded.drafts:
        for whole in drafts:
            for draft in (whole, *whole.chain):
                for view in (draft.ifm, draft.ifm2):
                    if view is None or view.storage < 0:
                        continue
                    reads.setdefault(view.storage, set()).add(view.touched[1:])
                    wholes.setdefault(view.storage, set()).add(view.hwc[1:])
                if draft.ofm.storage >= 0:
                    writes.setdefault(draft.ofm.storage, set()).add(draft.ofm.hwc[1:])
                    if draft.linear_ofm:
                        plain.add(draft.ofm.storage)
                for view in (draft.ifm, draft.ifm2, draft.ofm):
                    if (
                        view is not None
                        and view.storage >= 0
                        and (draft.linear or view.channel % 16)
                    ):
                        plain.add(view.storage)
    for storage, seen in reads.items():
        shapes = writes.get(storage, set()) | wholes.get(storage, set())
        if any({shape} != seen for shape in shapes):
            plain.add(storage)
    return plain


def _across_cpu(folded: Folded) -> frozenset[int]:
    """Tensors that live while the CPU runs an op: the cache does not keep them."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for position, original in enumerate(folded.order):
        for draft in folded.drafts[original]:
            for part in (draft, *draft.chain):
                for view in (part.ifm, part.ifm2, part.ofm):
                    if view is not None and view.storage >= 0:
                        first.setdefault(view.storage, position)
                        last[view.storage] = position
    switches = [place for place, op in enumerate(folded.order) if not folded.on_npu[op]]
    if not switches:
        return frozenset()
    return frozenset(
        storage
        for storage, start in first.items()
        if bisect_right(switches, start) < bisect_left(switches, last[storage])
    )


def _beside_slow(
    folded: Folded, outside: frozenset[int], inner: frozenset[tuple[int, int]]
) -> set[int]:
    """Tensors that leave the cache because an operand beside them lies outside it.

    The operands of an elementwise command lie in one memory, unless another kind of command reads
    one of them too. Restates ``ElementwiseSanitizer`` of Regor's allocator.
    """
    commands = [part for at in folded.order for draft in folded.drafts[at]
                for part in (draft, *draft.chain)]  # fmt: skip
    elsewhere = {
        view.storage
        for part in commands
        if part.kind != "elementwise"
        for view in (part.ifm, part.ifm2)
        if view is not None
    }
    slow, found = set(outside), set()
    for at in folded.order:
        for number, draft in enumerate(folded.drafts[at]):
            if (at, number) in inner:
                continue
            views = [draft.ifm, *(part.ifm2 for part in (draft, *draft.chain) if part.ifm2)]
            read = {view.storage for view in views if view.storage >= 0}
            if read & slow:
                evicted = read - slow - elsewhere
                slow |= evicted
                found |= evicted
    return found


def stored_extents(folded: Folded, storage: int, view: View) -> tuple[int, ...]:
    """The extents that a tensor is kept with, without those of 1 that lead."""
    if 0 <= storage < len(folded.graph.tensors):  # beyond are those that the lowering adds
        shape = folded.views.shape_of(storage)
    else:
        shape = folded.stored.get(storage, view.hwc)
    return tuple(dropwhile(lambda extent: extent == 1, shape))


def stored_bytes(folded: Folded, storage: int, view: View, *, brick: bool) -> int:
    """Bytes that a tensor is kept in."""
    stored = stored_extents(folded, storage, view)
    nbytes, depth = math.prod(stored) * view.bits // 8, (1, *stored)[-1]
    if depth % _DEPTH and brick:
        nbytes = nbytes // depth * (-(-depth // _DEPTH) * _DEPTH)
    return aligned(nbytes)
