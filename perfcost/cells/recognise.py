"""Finds the cell of a NAS-Bench-201 network in its graph, or says where the graph is none.

The frame, of CIFAR-10: a 3x3 convolution from 3 to 16 channels at 32 x 32; three stages of five
equal cells with 16, 32 and 64 channels; between stages a residual block that halves height and
width (two 3x3 convolutions, beside a 2x2 pool and a 1x1 convolution); the mean of each channel and
a dense layer to 10 classes.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from perfcost.cells.names import AVG_POOL, CONV_1X1, CONV_3X3, EDGES, Cell
from perfcost.cells.structure import INPUT, MOST_ADDITIONS, Structure, named
from perfcost.cells.values import Step, steps_of
from perfcost.graph import Graph

DEPTH = 5
_CHANNELS = (16, 32, 64)
_SIZE = 32
_CLASSES = 10
_OPERATIONS = {
    ("CONV_2D", (1, 1)): CONV_1X1,
    ("CONV_2D", (3, 3)): CONV_3X3,
    ("AVERAGE_POOL_2D", (3, 3)): AVG_POOL,
}
# Windows and strides of a residual block: the longer branch, the shorter one.
_ORDER = {((3, 3), (2, 2)): 0, ((3, 3), (1, 1)): 1, ((2, 2), (2, 2)): 2, ((1, 1), (1, 1)): 3}
_MOST = len(EDGES) + MOST_ADDITIONS
_HEAD = ("MEAN", "AVERAGE_POOL_2D", "FULLY_CONNECTED", "CONV_2D", "SOFTMAX")


class NotACell(Exception):
    """A graph that is no network of the space: where it differs, what is there, what should be."""

    def __init__(self, where: str, found: str, expected: str) -> None:
        super().__init__(f"{where}: {found}, expected {expected}")
        self.where, self.found, self.expected = where, found, expected


@dataclass(frozen=True, slots=True)
class Recognised:
    """A network of the space.

    Attributes:
        cell: the simplest name of its cell.
        batch: images at once.
        in_cells: position of an op in the graph -> operation of the cell, or ``"add"``.
        frame: positions of the other ops that count.
    """

    cell: Cell
    batch: int
    in_cells: dict[int, int | str]
    frame: tuple[int, ...]


def recognise(graph: Graph) -> Recognised:
    """The cell of a network.

    Raises:
        NotACell: the graph is no network of the space.
    """
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        found = f"{len(graph.inputs)} inputs and {len(graph.outputs)} outputs"
        raise NotACell("the network", found, "one of each")
    steps = list(steps_of(graph))
    if not steps:
        raise NotACell("the network", "no op", "the frame of CIFAR-10 around 15 equal cells")
    return _Reading(graph, steps).whole()


class _Reading:
    """Takes steps from the front of a list, and remembers what they were."""

    def __init__(self, graph: Graph, steps: list[Step]) -> None:
        self._graph, self._steps = graph, steps
        self._batch = steps[0].shape[0] if steps[0].shape else 0
        self._in_cells: dict[int, int | str] = {}
        self._frame: list[int] = []

    def whole(self) -> Recognised:
        stages = [(self._batch, _SIZE >> at, _SIZE >> at, c) for at, c in enumerate(_CHANNELS)]
        image = self._graph.tensors[self._graph.inputs[0]]
        if image.elements != self._batch * _SIZE * _SIZE * 3:
            came = f"an input of {list(image.shape)}"
            raise NotACell("the network", came, f"images of {_SIZE} x {_SIZE} x 3")
        value = self._frame_step("the first layer", [self._graph.inputs[0]], stages[0], 3)
        keys: set[Hashable] = set()
        found = Structure((), ())
        for at, shape in enumerate(stages):
            if at:
                value = self._reduction(value, stages[at - 1], shape, at)
            inside = self._until(shape, last=at == len(stages) - 1)
            if len(inside) % DEPTH:
                raise NotACell(
                    f"stage {at + 1} of {len(stages)}", f"{len(inside)} operations",
                    f"{DEPTH} equal cells",
                )  # fmt: skip
            count = len(inside) // DEPTH
            if count > _MOST:
                raise NotACell("a cell", f"{count} operations", f"at most {_MOST}")
            for first in range(0, DEPTH * count, max(1, count)):
                found, value = self._cell(inside[first : first + count], value, shape)
                keys.add(found.key)
            if not count:
                found = Structure((), (INPUT,))
                keys.add(found.key)
        if len(keys) > 1:
            raise NotACell("the cells", f"{len(keys)} different ones", "15 equal ones")
        self._head(value)
        cell = named(found)
        # A sum that is read twice looks like two sums: it takes fewer additions.
        adds = sum(role == "add" for role in self._in_cells.values())
        if cell is None or adds != found.counts.add * DEPTH * len(_CHANNELS):
            raise NotACell(
                "a cell", f"{len(found.steps)} operations in another order",
                "four nodes and six edges with one operation each",
            )  # fmt: skip
        return Recognised(cell, self._batch, self._in_cells, tuple(self._frame))

    def _until(self, shape: tuple[int, ...], last: bool) -> list[Step]:
        """Takes the steps of a stage: up to the first that makes another shape."""
        end = 0
        while end < len(self._steps) and self._steps[end].shape == shape:
            end += 1
        if last and end < len(self._steps) and self._steps[end].kind not in _HEAD:
            raise self._wrong("the last stage", self._steps[end], "a cell's operation or the head")
        taken, self._steps = self._steps[:end], self._steps[end:]
        return taken

    def _cell(
        self, steps: Sequence[Step], value: int, shape: tuple[int, ...]
    ) -> tuple[Structure, int]:
        terms: dict[int, tuple[int, ...]] = {value: (INPUT,)}
        read: set[int] = set()
        inside: list[tuple[int, tuple[int, ...]]] = []
        for step in steps:
            if any(v not in terms for v in step.reads):
                raise self._wrong("a cell", step, "to read this cell's input or nodes alone")
            read.update(step.reads)
            if step.kind == "ADD" and len(step.reads) == 2:
                terms[step.writes] = terms[step.reads[0]] + terms[step.reads[1]]
                self._in_cells[step.position] = "add"
                continue
            operation = _OPERATIONS.get((step.kind, step.window))
            if operation is None or step.stride != (1, 1) or len(step.reads) != 1:
                raise self._wrong("a cell", step, "1x1 or 3x3 CONV_2D, 3x3 AVERAGE_POOL_2D, ADD")
            self._plain(step, shape[3])
            inside.append((operation, terms[step.reads[0]]))
            terms[step.writes] = (len(inside) - 1,)
            self._in_cells[step.position] = operation
        out = steps[-1].writes
        left = set(terms) - read - {out}
        if left:
            raise self._wrong("a cell", steps[-1], "every node to lead to the cell's output")
        return Structure(tuple(inside), terms[out]), out

    def _plain(self, step: Step, channels: int) -> None:
        """Refuses a convolution with groups, gaps or without a ReLU."""
        op = self._graph.ops[step.position]
        if op.kind != "CONV_2D":
            return
        weights = self._graph.tensors[op.inputs[1]].shape
        if weights[3] != channels or op.pair("dilation") != (1, 1):
            raise self._wrong("a cell", step, "a convolution without groups and dilation")
        if not step.has_relu or op.activation not in ("NONE", "RELU"):
            raise self._wrong("a cell", step, "a ReLU, before it or after it")

    def _frame_step(
        self, where: str, reads: list[int], shape: tuple[int, ...], window: int, stride: int = 1,
        kind: str = "CONV_2D",
    ) -> int:  # fmt: skip
        """Takes the next step, which has to be this one; returns its value."""
        words = f"{window}x{window} {kind} with stride {stride} to {list(shape)}"
        if not self._steps:
            raise NotACell(where, "the end of the network", words)
        step = self._steps.pop(0)
        same = (step.kind, step.window, step.stride) == (kind, (window,) * 2, (stride,) * 2)
        if not same or step.shape != shape or list(step.reads) != reads:
            raise self._wrong(where, step, words)
        self._frame.append(step.position)
        return step.writes

    def _reduction(
        self, value: int, before: tuple[int, ...], shape: tuple[int, ...], at: int
    ) -> int:
        where = f"the residual block between stages {at} and {at + 1}"
        # Two branches, their ops in any order: as if the longer one came first.
        block = sorted(self._steps[:5], key=lambda step: _ORDER.get((step.window, step.stride), 5))
        self._steps[:5] = block
        long = self._frame_step(where, [value], shape, 3, 2)
        long = self._frame_step(where, [long], shape, 3)
        halved = (*shape[:3], before[3])
        short = self._frame_step(where, [value], halved, 2, 2, "AVERAGE_POOL_2D")
        short = self._frame_step(where, [short], shape, 1)
        last = self._steps.pop(0) if self._steps else None
        if last is None or last.kind != "ADD" or sorted(last.reads) != sorted((long, short)):
            raise NotACell(where, "two branches that are not added", "ADD of both")
        self._frame.append(last.position)
        return last.writes

    def _head(self, value: int) -> None:
        words = f"the mean of each channel, then a dense layer to {_CLASSES} classes"
        dense = 0
        mean = False
        for step in self._steps:
            if step.kind not in _HEAD or list(step.reads) != [value]:
                raise self._wrong("the head", step, words)
            value = step.writes
            dense += step.kind in ("FULLY_CONNECTED", "CONV_2D")
            mean |= not dense and step.kind in ("MEAN", "AVERAGE_POOL_2D")
            self._frame.append(step.position)
        shape = self._graph.tensors[self._graph.outputs[0]].shape
        if dense != 1 or not mean or shape != (self._batch, _CLASSES):
            raise NotACell("the head", f"{dense} dense layers to {list(shape)}", words)

    def _wrong(self, where: str, step: Step, expected: str) -> NotACell:
        window, stride = step.window, step.stride
        words = f"{window[0]}x{window[1]} " if any(window) else ""
        words += self._graph.name_op(step.position)
        words += f" with stride {stride[0]}" if stride[0] > 1 else ""
        return NotACell(where, f"{words} makes {list(step.shape)}", expected)
