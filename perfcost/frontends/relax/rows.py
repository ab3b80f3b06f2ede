"""Dense layers over the last axis, which PyTorch's importer flattens to matrices and back.

TFLite's FULLY_CONNECTED keeps the axes before the last as they are.
"""

from __future__ import annotations

from dataclasses import replace

from perfcost.frontends.relax.simplify import renamed, without_dead
from perfcost.frontends.relax.steps import Program, Ref, Step


def with_kept_axes(program: Program) -> Program:
    """Drops the reshapes around products with constant matrices."""
    found = _Rows(program)
    for step in program.steps:
        if step.op == "matmul":
            found.unflatten(step)
    return found.program()


class _Rows:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._values = list(program.values)
        self._maker = {value: step for step in program.steps for value in step.made}
        self._readers: dict[int, list[Step]] = {}
        for step in program.steps:
            for value in step.refs():
                self._readers.setdefault(value, []).append(step)
        self._same: dict[int, int] = {}
        self._first: dict[int, Ref] = {}

    def program(self) -> Program:
        steps = []
        for step in self._program.steps:
            if step.made[0] in self._first:
                operands = (self._first[step.made[0]], *step.operands[1:])
                step = replace(step, operands=operands)
            if step.made[0] not in self._same:
                steps.append(renamed(step, self._same))
        outputs = tuple(self._same.get(value, value) for value in self._program.outputs)
        return without_dead(
            replace(self._program, values=tuple(self._values), steps=tuple(steps), outputs=outputs)
        )

    def unflatten(self, step: Step) -> None:
        flat, matrix = step.refs()
        before = self._maker.get(flat)
        if before is None or before.op != "reshape" or self._values[matrix].data is None:
            return
        source = before.refs()[0]
        shape = self._values[source].shape
        if len(shape) < 3 or shape[-1:] != self._values[flat].shape[-1:]:
            return
        chain = [step.made[0]]
        reader = self._only_reader(chain[-1])
        if reader is not None and reader.op == "add":
            chain.append(reader.made[0])
            reader = self._only_reader(chain[-1])
        target = (*shape[:-1], self._values[matrix].shape[-1])
        if reader is None or reader.op != "reshape":
            return
        if self._values[reader.made[0]].shape != target:
            return
        for value in chain:
            self._values[value] = replace(self._values[value], shape=target)
        self._first[step.made[0]] = Ref(source)
        self._same[reader.made[0]] = chain[-1]

    def _only_reader(self, value: int) -> Step | None:
        readers = self._readers.get(value, [])
        return readers[0] if len(readers) == 1 and value not in self._program.outputs else None
