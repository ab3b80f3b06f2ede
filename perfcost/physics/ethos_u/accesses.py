"""How often a tensor is read and written: what decides whether it stays in a bounded cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from perfcost.physics.ethos_u.cascades import Cascade, Stripes, among
from perfcost.physics.ethos_u.command import FeatureMap
from perfcost.physics.ethos_u.steps import Steps

_MOST_ACCESSES = (1 << 31) - 1
"""Of a tensor that is read inside a cascade, beside a rolling buffer: kept at any price."""


class Accesses:
    """How many elements of a tensor are read and written, blocks that are fetched again counted."""

    def __init__(self, steps: Steps, stripes: Stripes, cascades: Sequence[Cascade]) -> None:
        self._steps, self._stripes, self._cascades = steps, stripes, cascades

    def of(self, tensor: int) -> int:
        steps = self._steps
        total = 0
        for time in steps.readers.get(tensor, []):
            inside = among(self._cascades, time)
            if inside is not None and time > inside.start:
                return _MOST_ACCESSES
            total += self._of(time, tensor)
        return total + sum(self._of(time, tensor) for time in steps.writers.get(tensor, []))

    def _of(self, time: int, tensor: int) -> int:
        step = self._steps[time]
        draft = step.draft
        assert draft is not None
        ifm, ifm2, ofm = self._moved(time)
        total = ofm if step.written == tensor else 0
        for number, view in step.read:
            if number == tensor:
                if view is draft.ifm:
                    total += ifm
                elif view is draft.ifm2:
                    total += ifm2
                else:
                    total += view.elements
                break
        return total

    def _moved(self, time: int) -> tuple[int, int, int]:
        """Elements of both operands and of the result that a command moves."""
        timed = self._steps.timed(time, self._stripes.get(time))
        command = timed.planned

        def apart(name: str, part: FeatureMap) -> FeatureMap:
            return replace(part, memory=replace(part.memory, name=name, burst_length_bytes=1))

        ifm2 = None if command.ifm2 is None else apart("ifm2", command.ifm2)
        alone = replace(
            command, ifm=apart("ifm", command.ifm), ifm2=ifm2, ofm=apart("ofm", command.ofm)
        )
        moved = timed.laws.traffic(alone, timed.block).bytes_moved

        def elements(name: str, part: FeatureMap | None) -> int:
            return 0 if part is None else int(moved.get(name, 0)) * 8 // part.bits

        return elements("ifm", command.ifm), elements("ifm2", ifm2), elements("ofm", command.ofm)
