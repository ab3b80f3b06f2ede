"""``perfcost diff``: whether two files hold the same network."""

from __future__ import annotations

from typing import Annotated

import typer

from perfcost.cli.console import complain, reason_of
from perfcost.difference import first_difference
from perfcost.estimation import load
from perfcost.graph import Graph
from perfcost.hashing import structural_hash
from perfcost.text import shown

_UNREADABLE = 2


def diff(
    a: Annotated[str, typer.Argument(help="A file.", metavar="A")],
    b: Annotated[str, typer.Argument(help="Another.", metavar="B")],
) -> None:
    """Say whether two files hold the same network; names, scales and weights do not count.

    Exit code 0: the same; 1: different, with the first difference in words; 2: a file cannot be
    read.
    """
    (left, one), (right, two) = _read(a), _read(b)
    if one == two:
        print(f"same network: structural hash {one}")
        return
    print(
        f"different networks: structural hash {one} for {shown(a, 200)}, {two} for {shown(b, 200)}"
    )
    words = first_difference(left, right)
    if words is None:
        words = "which tensors share a quantisation, or what a called subgraph holds"
    print(f"first difference: {words}")
    raise typer.Exit(1)


def _read(file: str) -> tuple[Graph, str]:
    try:
        graph = load(file)
        return graph, structural_hash(graph)
    except Exception as error:
        # 1 would say that the networks differ.
        complain("error", file, *reason_of(error))
        raise typer.Exit(_UNREADABLE) from None
