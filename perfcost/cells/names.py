"""Names of cells: ``|op~from|+|op~from|op~from|+|op~from|op~from|op~from|``."""

from __future__ import annotations

import re

from perfcost.errors import Unsupported
from perfcost.text import shown

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
NONE, SKIP, CONV_1X1, CONV_3X3, AVG_POOL = range(5)
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""Nodes that each edge of a cell leaves and reaches, in the order of a name."""

Cell = tuple[int, int, int, int, int, int]
"""The operation of each of ``EDGES``, as a place in ``OPERATIONS``."""

_EXAMPLE = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|avg_pool_3x3~1|nor_conv_1x1~2|"
_WORD = re.compile(r"([a-z0-9_]+)~([0-2])")


def parse(text: str) -> Cell:
    """A cell from its name.

    Raises:
        Unsupported: the text is no name of a cell.
    """
    found = [
        _WORD.fullmatch(word) for step in text.split("+") for word in step.strip("|").split("|")
    ]
    sources = [int(match[2]) for match in found if match is not None]
    words = [match[1] for match in found if match is not None]
    if len(found) != len(words) or sources != [0, 0, 1, 0, 1, 2] or text.count("+") != 2:
        raise Unsupported(
            f"came {shown(text, 200)!r}, expected the name of a NAS-Bench-201 cell, such as "
            f"{_EXAMPLE!r}"
        )
    for word in words:
        if word not in OPERATIONS:
            raise Unsupported(
                f"a cell with an operation {shown(word, 40)!r}, expected one of "
                f"{', '.join(OPERATIONS)}"
            )
    a, b, c, d, e, f = (OPERATIONS.index(word) for word in words)
    return a, b, c, d, e, f


def spell(cell: Cell) -> str:
    """The name of a cell."""
    words = [
        f"{OPERATIONS[operation]}~{source}"
        for operation, (source, _) in zip(cell, EDGES, strict=True)
    ]
    return f"|{words[0]}|+|{'|'.join(words[1:3])}|+|{'|'.join(words[3:])}|"


def live(cell: Cell) -> Cell:
    """The cell without the edges that lead nowhere or come from nowhere.

    All ``none`` where the output does not depend on the input: such a network is a constant.
    """
    reached, needed = {0}, {3}
    # Edges are in the order of the node that they reach: one pass each way is enough.
    for operation, (source, sink) in zip(cell, EDGES, strict=True):
        if operation and source in reached:
            reached.add(sink)
    for operation, (source, sink) in zip(reversed(cell), reversed(EDGES), strict=True):
        if operation and sink in needed:
            needed.add(source)
    a, b, c, d, e, f = (
        operation if source in reached and sink in needed else NONE
        for operation, (source, sink) in zip(cell, EDGES, strict=True)
    )
    return a, b, c, d, e, f
