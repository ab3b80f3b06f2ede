"""Whose work is a piece of a run: pieces and ops of the file matched, both in their order.

An op may have no piece (folded into another, or done once at set-up) or several (an addition and
its clamp). The match with the least cost is taken; what fits is judged by the kernels' names.
"""

from __future__ import annotations

import itertools
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
# A depthwise convolution may run as a grouped matrix product.
_GROUPED = 10
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
    return list(itertools.pairwise([*begins, len(pieces)]))


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
    # Row: pieces so far. `best`: column: ops so far. `last`: column: the op of the last piece.
    best = np.empty((len(families) + 1, len(kinds) + 1), np.int64)
    last = np.full((len(families) + 1, len(kinds)), _NEVER, np.int64)
    best[0] = skipped
    for row, family in enumerate(families, start=1):
        first = best[row - 1][:-1] + columns[family]
        last[row] = np.minimum(first, last[row - 1] + _further(family))
        # Ops may be left out behind the piece's: the least over all places to the left.
        ended = np.concatenate(([_NEVER], last[row])) - skipped
        best[row] = np.minimum.accumulate(ended) + skipped
    found = []
    op, further = len(kinds) - 1, False
    for row in range(len(families), 0, -1):
        if not further:
            # Back over what was left out, to the op of this piece.
            while op > 0 and best[row, op + 1] == best[row, op] + skips[op] != last[row, op]:
                op -= 1
        found.append(op)
        family = families[row - 1]
        further = bool(last[row, op] != best[row - 1, op] + columns[family][op])
        op -= not further
    return found[::-1]


def _costs(kinds: Sequence[str], family: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([_cost(kind, family) for kind in kinds], np.int64)


def _cost(kind: str, family: str) -> int:
    wanted = family_of_op(kind)
    if family == wanted:
        return 0
    if OTHER in (family, wanted):
        return _UNKNOWN
    if (family, wanted) == ("matrix", "depthwise"):
        return _GROUPED
    if family == "clamp" and wanted not in ("move", "matrix", "depthwise"):
        return _CLAMP
    if family in ("move", "convert") and wanted not in ("matrix", "depthwise"):
        return _MOVES
    return _UNLIKELY


def _further(family: str) -> int:
    """The cost of a further piece of the op that the piece before belongs to."""
    return _FURTHER if family in _HELPERS else _FURTHER_UNLIKELY
