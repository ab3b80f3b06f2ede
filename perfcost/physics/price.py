"""What physics says of one graph on one target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LAWS_ALONE = "fitted_laws"
"""The warning of how far laws are off; where a network corrects them, its interval says that."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a target does not run an op, so that a person can act on it.

    Attributes:
        code: stable identifier of the constraint, such as ``"dtype"`` or ``"pool_same_filter"``.
        constraint: what the target asks for, in words.
        tensor: name of the tensor (or attribute) that breaks it.
        value: what was found there.
        edit: one change of the model that would help.
    """

    code: str
    constraint: str
    tensor: str
    value: str
    edit: str

    @property
    def message(self) -> str:
        return f"{self.constraint}; {self.tensor} is {self.value}; {self.edit}"


@dataclass(slots=True)
class OpPrice:
    """The prior of one op.

    Attributes:
        cycles: time in cycles of the target's clock; ``None`` where it is not supported.
        reason: why it is not supported, else ``None``.
        bytes_moved: memory (``sram``, ``dram``, ``flash``) -> bytes.
        binding: what takes the time: ``mac``, ``output``, ``memory``, ``weights``, ``free``, ...
    """

    cycles: float | None
    reason: Reason | None = None
    bytes_moved: Mapping[str, float] = field(default_factory=dict)
    binding: str = ""


@dataclass(frozen=True, slots=True)
class GraphPrice:
    """The prior of a graph: one ``OpPrice`` an op, in order, and what holds for the whole.

    Attributes:
        ops: one price an op of ``graph.ops``.
        clock_hz: cycles a second, to turn cycles into time.
        memory_bytes: area (``sram``, ``dram``, ``flash``) -> peak bytes.
        warnings: (code, message).
        reach: factor from the price to the upper end of its 90 % interval, and from its lower end
            to it; ``None`` where the laws know no interval.
        settings: what the price assumes beside what its target says: (name, value).
        events: for each op what a processor counts (of ``physics.arm_cpu.events.EVENTS``), ``None``
            for one that no law is fitted to; ``None`` as a whole where the target counts nothing.
    """

    ops: tuple[OpPrice, ...]
    clock_hz: float
    memory_bytes: Mapping[str, int]
    warnings: tuple[tuple[str, str], ...] = ()
    reach: float | None = None
    settings: tuple[tuple[str, int | str], ...] = ()
    events: tuple[Mapping[str, float] | None, ...] | None = None
