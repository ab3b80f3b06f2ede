"""What steps stand for while a module runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Union

from perfcost.frontends.relay.syntax import Function, Step


@dataclass(slots=True, eq=False)
class Frame:
    """What the steps of one running function stand for."""

    outer: Frame | None
    known: dict[Step, Thing] = field(default_factory=dict)

    def find(self, step: Step) -> Thing:
        frame: Frame | None = self
        while frame is not None:
            found = frame.known.get(step)
            if found is not None:
                return found
            frame = frame.outer
        raise KeyError(step.at)


@dataclass(slots=True, eq=False)
class Closure:
    """A function as a value, with the frame that it was made in."""

    function: Function
    frame: Frame | None


Thing = Union[int, tuple["Thing", ...], Closure]  # noqa: UP007 - read while the module loads
