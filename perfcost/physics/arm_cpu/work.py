"""What one op makes a processor do, in counts that laws are linear in, and which laws those are."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields

from perfcost.graph import Graph, Op, Tensor
from perfcost.ops import kind_of
from perfcost.physics.arm_cpu.products import MATRIX, product
from perfcost.physics.arm_cpu.tasks import Task
from perfcost.physics.arm_cpu.walks import walk
from perfcost.physics.arm_cpu.windows import window

TERMS = (
    "op", "written", "read", "rows", "weights",
    *(found.name for found in fields(Task) if found.name != "variants"),
)  # fmt: skip
"""What is counted of an op, in the order of ``Work.counts``.

``op``: 1. ``written``, ``read``: elements of results and of operands that are not constant.
``rows``: runs of elements along the last axis of the result. ``weights``: bytes of constants. The
others are those of ``tasks.Task``.
"""

ANY = "any"
"""Ends the name of the widest law of an engine, fitted to all ops that multiply nothing."""

GONE = "xnnpack gone"
"""Names the law of an op that is part of another: nothing runs for it."""

_MULTIPLY = MATRIX | {"DEPTHWISE_CONV_2D"}


@dataclass(frozen=True, slots=True)
class Work:
    """One op's counts, and the names of its laws, the closest first."""

    laws: tuple[str, ...]
    counts: tuple[float, ...]


def work_of(graph: Graph, op: Op, engine: str) -> Work:
    """Counts the work of one op.

    Args:
        graph: its graph.
        op: the op.
        engine: ``xnnpack`` or ``builtin``: who runs it.
    """
    tensors = graph.tensors
    operands = [tensors[t] for t in op.inputs if t >= 0]
    data = [tensor for tensor in operands if tensor.constant is None]
    results = [tensors[t] for t in op.outputs if t >= 0]
    made = results[0] if results else None
    settings = kind_of(op.kind).settings
    weights = sum(
        tensors[t].nbytes
        for slot, t in enumerate(op.inputs)
        if t >= 0 and tensors[t].constant is not None and slot not in settings
    )
    task = Task()
    if made is not None:
        task = (
            product(graph, op, engine, data, made)
            or window(graph, op, engine, data, made)
            or walk(graph, op, engine, made)
            or task
        )
    written = _elements(results)
    rows = written / max(1, made.shape[-1]) if made is not None and made.shape else 1.0
    counts = (1.0, float(written), float(_elements(data)), rows, float(weights))
    return Work(_laws(op, engine, data, made, task.variants), counts + astuple(task)[:-1])


def _laws(
    op: Op, engine: str, data: list[Tensor], made: Tensor | None, variants: tuple[str, ...]
) -> tuple[str, ...]:
    source = data[0].dtype if data else "none"
    result = made.dtype if made is not None else "none"
    types = source if source == result else f"{source}-{result}"
    base = f"{engine} {op.kind} {types}"
    found = [f"{base} {variant}" for variant in variants]
    wide = [f"{engine} {name} {_width(source)}" for name in (op.kind, kind_of(op.kind).category)]
    # Of ops that multiply matrices or windows, others say nothing.
    last = () if op.kind in _MULTIPLY else (f"{engine} {ANY}",)
    return (*found, base, *wide, *last)


def _width(dtype: str) -> str:
    if dtype in ("int8", "uint8"):
        return "8-bit"
    return "float" if dtype.startswith(("float", "bfloat")) else "other"


def _elements(tensors: list[Tensor]) -> int:
    return sum(tensor.elements for tensor in tensors)
