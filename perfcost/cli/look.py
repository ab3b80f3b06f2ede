"""``perfcost inspect``: what is in a file."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from perfcost.cli import arguments
from perfcost.cli.console import add_row, complain, console, count, reason_of, table
from perfcost.errors import PerfcostError
from perfcost.estimation import load
from perfcost.graph import Graph, Op, Tensor
from perfcost.hashing import skeleton_hash, structural_hash
from perfcost.ops import graph_macs, graph_parameters, macs
from perfcost.text import shown


def inspect(
    file: Annotated[str, typer.Argument(help="A file.", metavar="FILE")],
    tensors: Annotated[bool, typer.Option("--tensors", help="Also a table of tensors.")] = False,
    signature: arguments.Signature = None,
    input_shape: arguments.ShapeOptions = [],  # noqa: B006 (typer reads it and never changes it)
) -> None:
    """Show a network: its hash, signatures, inputs, outputs, ops and MACs."""
    shapes = arguments.input_shapes(input_shape)
    try:
        graph = load(file, signature=signature, input_shapes=shapes)
        lines = _summary(graph, os.stat(file).st_size)
        rows = [_op_cells(graph, position, op) for position, op in enumerate(graph.ops)]
    except (PerfcostError, OSError) as error:
        complain("error", file, *reason_of(error))
        raise typer.Exit(1) from None
    out = console()
    for label, words in lines:
        out.print(f"{label:<16}{words}", soft_wrap=True)
    made = table("op", "kind", "inputs", "outputs", "MACs", left=4)
    for row in rows:
        add_row(made, row)
    out.print(made)
    if tensors:
        out.print(_tensor_table(graph))
    for code, message in graph.notes:
        complain("warning", file, code, message)


def _summary(graph: Graph, size: int) -> list[tuple[str, str]]:
    kinds: dict[str, int] = {}
    for op in graph.ops:
        kinds[op.kind] = kinds.get(op.kind, 0) + 1
    ranked = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    found = [
        ("model", shown(graph.name, 200)),
        ("structural hash", structural_hash(graph)),
        ("skeleton hash", skeleton_hash(graph)),
        ("file", f"{size:,} bytes"),
        ("ops", f"{len(graph.ops)} ({', '.join(f'{n} {kind}' for kind, n in ranked)})"),
        ("MACs", count(graph_macs(graph))),
        ("parameters", count(graph_parameters(graph))),
        ("tensors", f"{len(graph.tensors)}"),
        ("subgraphs", f"{len(graph.subgraphs)}, shown is {graph.index}"),
    ]
    found += [("signature", f"{shown(s.key)} is subgraph {s.subgraph}") for s in graph.signatures]
    for role, tensors in (("input", graph.inputs), ("output", graph.outputs)):
        for index in tensors:
            tensor = graph.tensors[index]
            found.append((role, f"{_form(tensor)} {shown(tensor.name)}"))
    return found


def _form(tensor: Tensor) -> str:
    """Shape and type, and the quantisation of a tensor that has one for all its elements."""
    text = f"{list(tensor.shape)} {tensor.dtype}"
    known = tensor.quantization
    if known is not None and len(known.scales) == 1:
        text += f" (scale {known.scale:.5g}, zero point {known.zero_point})"
    return text


def _op_cells(graph: Graph, position: int, op: Op) -> list[str]:
    def shapes(indices: tuple[int, ...]) -> str:
        known = (graph.tensors[i] for i in indices if i >= 0)
        return shown(", ".join("x".join(map(str, t.shape)) or "scalar" for t in known), 120)

    custom = op.attrs.get("custom_code")
    kind = f"{op.kind} {shown(custom, 40)}" if custom else op.kind
    found = macs(graph, op)
    return [str(position), kind, shapes(op.inputs), shapes(op.outputs), f"{found:,}"]


def _tensor_table(graph: Graph) -> object:
    made = table("tensor", "name", "shape and type", "entropy", "bytes", left=3)
    for index, tensor in enumerate(graph.tensors):
        entropy = None if tensor.constant is None else tensor.constant.entropy_bits
        cells = [
            str(index),
            shown(tensor.name, 60),
            _form(tensor),
            "" if entropy is None else f"{entropy:.2f} bits",
            f"{tensor.nbytes:,}",
        ]
        add_row(made, cells)
    return made
