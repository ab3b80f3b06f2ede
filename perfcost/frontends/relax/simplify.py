"""Steps that are not really there: nothing reads them, or they are worked out from constants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfcost.frontends.relax.steps import Program, Ref, Refs, Step, Value


def simplified(program: Program) -> Program:
    """Moves of constants done, masks of nothing and dead steps dropped."""
    return without_dead(_without_masks(_without_copies(_computed(_folded(program)))))


def without_dead(program: Program) -> Program:
    """Drops the steps whose results nobody reads."""
    wanted = set(program.outputs)
    kept: list[Step] = []
    for step in reversed(program.steps):
        if not wanted.isdisjoint(step.made):
            wanted.update(step.refs())
            kept.append(step)
    return replace(program, steps=tuple(reversed(kept)))


def _folded(program: Program) -> Program:
    """Reshapes and transpositions of float constants, as importers of frameworks write them."""
    values = list(program.values)
    steps = []
    for step in program.steps:
        first = step.operands[0] if step.operands else None
        data = values[first.value].data if isinstance(first, Ref) else None
        moves = step.op in ("reshape", "permute_dims", "expand_dims", "squeeze")
        if data is None or not moves:
            steps.append(step)
            continue
        made = values[step.made[0]]
        axes = step.attrs.get("axes")
        if step.op == "permute_dims" and (axes is None or isinstance(axes, tuple)):
            data = data.transpose(None if axes is None else [int(axis) for axis in axes])
        values[step.made[0]] = Value(made.name, made.shape, made.dtype, data.reshape(made.shape))
    return replace(program, values=tuple(values), steps=tuple(steps))


_ARITHMETIC: dict[str, Callable[..., NDArray[Any]]] = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide,
    "sqrt": np.sqrt, "rsqrt": lambda x: 1 / np.sqrt(x), "negative": np.negative,
}  # fmt: skip


def _computed(program: Program) -> Program:
    """Arithmetic of float constants, as decomposed normalisations hold it."""
    values = list(program.values)
    steps = []
    for step in program.steps:
        known = [values[value].data for value in step.refs()]
        plain = all(data is not None and data.dtype.kind == "f" for data in known)
        if not known or not plain or step.op not in _ARITHMETIC or len(step.operands) != len(known):
            steps.append(step)
            continue
        made = values[step.made[0]]
        with np.errstate(all="ignore"):  # an untrained variance may be anything
            data = np.broadcast_to(_ARITHMETIC[step.op](*known), made.shape)
        values[step.made[0]] = Value(made.name, made.shape, made.dtype, data.astype(np.float32))
    return replace(program, values=tuple(values), steps=tuple(steps))


def _without_copies(program: Program) -> Program:
    """Drops broadcasts to the shape that is there already."""
    same: dict[int, int] = {}
    steps = []
    for step in program.steps:
        plain = renamed(step, same)
        source = plain.refs()[0] if plain.refs() else -1
        shapes = [program.values[value].shape for value in (source, *step.made)]
        if step.op == "broadcast_to" and shapes[0] == shapes[1]:
            same[step.made[0]] = source
        else:
            steps.append(plain)
    outputs = tuple(same.get(value, value) for value in program.outputs)
    return replace(program, steps=tuple(steps), outputs=outputs)


def _without_masks(program: Program) -> Program:
    """PyTorch's softmax gives 0 where a whole row is -inf: a choice that a network never makes."""
    maker = {value: step for step in program.steps for value in step.made}
    same: dict[int, int] = {}
    steps = []
    for step in program.steps:
        refs = step.refs()
        if step.op == "where" and len(refs) == 3 and _of_nothing(program, maker, refs[0]):
            same[step.made[0]] = same.get(refs[2], refs[2])
        else:
            steps.append(renamed(step, same))
    outputs = tuple(same.get(value, value) for value in program.outputs)
    return replace(program, steps=tuple(steps), outputs=outputs)


def _of_nothing(program: Program, maker: dict[int, Step], value: int) -> bool:
    """Whether a condition asks for rows of -inf: not any(not equal(x, -inf))."""
    while (step := maker.get(value)) is not None:
        if step.op == "equal":
            known = [program.values[ref].data for ref in step.refs()]
            return any(data is not None and bool(np.all(np.isneginf(data))) for data in known)
        if step.op not in ("logical_not", "astype", "max", "any") or not step.refs():
            return False
        value = step.refs()[0]
    return False


def renamed(step: Step, same: dict[int, int]) -> Step:
    """A step that reads other values in place of some."""
    if not any(value in same for value in step.refs()):
        return step
    operands = tuple(
        Ref(same.get(operand.value, operand.value)) if isinstance(operand, Ref)
        else Refs(tuple(same.get(v, v) for v in operand.values)) if isinstance(operand, Refs)
        else operand
        for operand in step.operands
    )  # fmt: skip
    return replace(step, operands=operands)
