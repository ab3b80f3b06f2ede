"""Finds the extents that are still open once a program has been read."""

from __future__ import annotations

from perfcost.errors import CorruptModel, DynamicShape, ModelTooLarge, Unsupported
from perfcost.frontends.relay.attributes import Mismatch
from perfcost.frontends.relay.inference.backward import refine
from perfcost.frontends.relay.inference.table import infer
from perfcost.frontends.relay.program import Item, Node, Program
from perfcost.frontends.relay.types import TensorType, TupleType, Type, leaves
from perfcost.graph import MAX_COUNT, elements_of

ROUNDS = 8
"""Sweeps up and down a program; each finds what the one before made known."""


def solve(program: Program) -> None:
    """Makes every type known.

    Raises:
        DynamicShape: an extent that the text leaves open.
        CorruptModel: types that contradict each other.
    """
    for _ in range(ROUNDS):
        if not any(found is None or -1 in found.shape for found in program.types):
            break
        if not (_upwards(program) | _downwards(program)):
            break
    _settle(program)


def _upwards(program: Program) -> bool:
    changed = False
    for node in reversed(program.nodes):
        operands = node.inputs
        types = [program.types[value] for value in operands]
        result = program.types[node.outputs[0]] if node.outputs else None
        if result is None or not any(one is not None and -1 in one.shape for one in types):
            continue
        shapes = [one.shape if one is not None else () for one in types]
        try:
            found = refine(node, shapes, result.shape)
        except Mismatch:
            continue
        for value, one, shape in zip(operands, types, found, strict=True):
            if one is not None and shape != one.shape:
                program.types[value] = TensorType(shape, one.dtype)
                changed = True
    return changed


def _downwards(program: Program) -> bool:
    changed = False
    for node in program.nodes:
        if not any(_is_open(program, value) for value in node.outputs):
            continue
        try:
            found = infer(node.op, [_type(program, arg) for arg in node.args], node.options)
        except Mismatch as error:
            raise program.source.error(CorruptModel, f"{node.op}: {error}", node.at) from None
        if found is None:
            continue
        for value, one in zip(node.outputs, leaves(found), strict=False):
            if one != program.types[value]:
                program.types[value] = one
                changed = True
    return changed


def _is_open(program: Program, value: int) -> bool:
    found = program.types[value]
    return found is None or -1 in found.shape


def _type(program: Program, item: Item) -> Type | None:
    if isinstance(item, int):
        return program.types[item]
    fields = [_type(program, part) for part in item]
    known = [one for one in fields if one is not None]
    return TupleType(tuple(known)) if len(known) == len(fields) else None


def _settle(program: Program) -> None:
    """Checks every type; an extent of a constant that nothing tells is taken to be 1."""
    for node in program.nodes:
        for value in node.outputs:
            found = program.types[value]
            if found is None and node.op != "constant":
                raise program.source.error(
                    Unsupported,
                    f"the type of {_name(node)} does not follow from its operands and is not "
                    "printed; print the module typed (relay.transform.InferType)",
                    node.at,
                )
            if found is None:
                found = program.types[value] = TensorType((), "float32")
            if -1 in found.shape:
                if node.op != "constant":
                    raise program.source.error(
                        DynamicShape,
                        f"{_name(node)} has shape {list(found.shape)}, where -1 is not known "
                        "before the program runs; print the module typed, with fixed shapes",
                        node.at,
                    )
                program.types[value] = TensorType(
                    tuple(max(extent, 1) for extent in found.shape), found.dtype
                )
                program.guesses.append(program.source.where(node.at))
            try:
                elements_of(found.shape)
            except ModelTooLarge:
                raise program.source.error(
                    ModelTooLarge,
                    f"{_name(node)} has more than {MAX_COUNT} elements; check the shapes",
                    node.at,
                ) from None


def _name(node: Node) -> str:
    return f"%{node.name[:60]}" if node.op == "input" else node.op[:60]
