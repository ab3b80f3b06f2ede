"""Whose work is a piece of a run: pieces and ops of the file matched, both in their order.

An op may have no piece (folded into another, or done once at set-up) or several (an addition and
its clamp). The match with the least cost is taken; what fits is judged by the kernels' names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perfcost.labels.arm_cpu import borders
from perfcost.labels.arm_cpu.kernels import OTHER, family_of_kernel, family_of_op
from perfcost.labels.arm_cpu.pricing import Piece

NO_OP = -1
DELEGATE = "DELEGATE"
"""What the runtime calls the node that stands for the ops XNNPACK has taken over."""

# Costs of a pair of kernel and op that may not be of one family, in hundredths.
_UNKNOWN, _CLAMP, _MOVES, _UNLIKELY = 40, 30, 60, 200
# Of a further piece of the same op, where such kernels help others, and where not.
_FURTHER, _FURTHER_UNLIKELY = 35, 150
_HELPERS = ("clamp", "move", "convert", OTHER)
# Of an op that has no piece, where such ops are folded into others, and where not.
_FOLDED, _FOLDED_UNLIKELY = 10, 90
_FOLDS = frozenset("RESHAPE SQUEEZE EXPAND_DIMS RELU RELU6 PAD QUANTIZE DEQUANTIZE".split())
_NEVER = 1 << 40
# A short piece of the interpreter's own between operators: no node's work.
_SHORT_INSTRUCTIONS = 3000
_INTERPRETER = "_ZN6tflite8Subgraph"


@dataclass(frozen=True, slots=True)
class Ran:
    """What the runtime says of the ops that ran."""

    kinds: tuple[str, ...]
    """Of the file's ops, with a ``DELEGATE`` behind them for each group that XNNPACK took over."""
    plan: list[list[int]] | None
    """Groups of ops in the order in which they ran: one op, or those of a delegate. None if the
    runtime did not say."""


def owners(ran: Ran, pieces: Sequence[Piece]) -> list[int]:
    """The op of each piece by its place in the file, or ``NO_OP``.

    With a plan, each group of ops has its own stretch of the run, and only the ops of a delegate
    are matched by their kernels. A run with subgraphs called by others is matched as a whole.
    """
    found = [NO_OP] * len(pieces)
    stretches = _stretches(pieces)
    if ran.plan is not None and len(stretches) == len(ran.plan):
        for group, (begin, end) in zip(ran.plan, stretches, strict=True):
            if len(group) == 1 and end - begin == 1:
                found[begin] = group[0]
            else:
                # What comes before the first operator is the delegate's own work.
                found[begin + 1 : end] = _matched(ran.kinds, group, pieces[begin + 1 : end])
        return found
    ops = [place for place, kind in enumerate(ran.kinds) if kind != DELEGATE]
    working = [place for place in range(len(pieces)) if _works(pieces, place)]
    matched = _matched(ran.kinds, ops, [pieces[place] for place in working])
    for place, op in zip(working, matched, strict=True):
        found[place] = op
    return found


def _stretches(pieces: Sequence[Piece]) -> list[tuple[int, int]]:
    """The pieces of each node that ran: from where it begins to where the next one does."""
    begins = [place for place, piece in enumerate(pieces) if piece.border != borders.OPERATOR]
    return list(zip(begins, [*begins[1:], len(pieces)], strict=True))


def _matched(kinds: Sequence[str], ops: Sequence[int], pieces: Sequence[Piece]) -> list[int]:
    if not ops or not pieces:
        return [NO_OP] * len(pieces)
    families = [family_of_kernel(piece.kernel) for piece in pieces]
    places = _match([kinds[op] for op in ops], families)
    return [ops[place] if place != NO_OP else NO_OP for place in places]


def _works(pieces: Sequence[Piece], place: int) -> bool:
    """Whether a piece is an op's work, and not the interpreter's way to the next operator."""
    piece = pieces[place]
    if piece.border == borders.OPERATOR:
        return True
    last = place + 1 == len(pieces)
    before_operator = not last and pieces[place + 1].border == borders.OPERATOR
    if piece.border == borders.ENTER:
        return not last and not before_operator
    if piece.border == borders.NODE:
        short = (
            piece.kernel.startswith(_INTERPRETER)
            and piece.events["instructions"] < _SHORT_INSTRUCTIONS
        )
        return not last and not (short and before_operator)
    return False


def _match(kinds: Sequence[str], families: Sequence[str]) -> list[int]:
    """The op of each piece: the cheapest match in order, by dynamic programming."""
    skips = np.array([_FOLDED if kind in _FOLDS else _FOLDED_UNLIKELY for kind in kinds])
    skipped = np.concatenate(([0], np.cumsum(skips)))
    columns = {family: _costs(kinds, family) for family in set(families)}
    totals = np.empty((len(families) + 1, len(kinds) + 1), np.int64)
    totals[0] = skipped
    for row, family in enumerate(families, start=1):
        own = np.full(len(kinds) + 1, _NEVER, np.int64)
        own[1:] = np.minimum(totals[row - 1][:-1] + columns[family], _further(totals, row, family))
        # Ops may be left out before the piece's: the least over all places to the left.
        totals[row] = np.minimum.accumulate(own - skipped) + skipped
    found = [NO_OP] * len(families)
    row, op = len(families), len(kinds)
    while row > 0 and op > 0:
        family, total = families[row - 1], totals[row, op]
        if total == totals[row - 1, op - 1] + columns[family][op - 1]:
            row, op = row - 1, op - 1
            found[row] = op
        elif total == _further(totals, row, family)[op - 1]:
            row -= 1
            found[row] = op - 1
        else:
            op -= 1
    return found


def _costs(kinds: Sequence[str], family: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([_cost(kind, family) for kind in kinds], np.int64)


def _cost(kind: str, family: str) -> int:
    wanted = family_of_op(kind)
    if family == wanted:
        return 0
    if OTHER in (family, wanted):
        return _UNKNOWN
    if family == "clamp":
        return _CLAMP
    if family in ("move", "convert") and wanted not in ("matrix", "depthwise"):
        return _MOVES
    return _UNLIKELY


def _further(
    totals: np.ndarray[tuple[int, int], np.dtype[np.int64]], row: int, family: str
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Costs of a further piece of each op, by op. The first piece of all is no further one."""
    if row == 1:
        return np.full(totals.shape[1] - 1, _NEVER, np.int64)
    extra = _FURTHER if family in _HELPERS else _FURTHER_UNLIKELY
    further: np.ndarray[tuple[int], np.dtype[np.int64]] = totals[row - 1][1:] + extra
    return further
