"""What a net under construction consists of: tensors, their quantisation, and ops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Option = int | bool | float | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tensor:
    """A handle to one tensor of a net; layers take handles and give them back."""

    index: int
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class Size:
    """How large a net is.

    ``weights`` are the values of convolutions and fully connected layers; ``biases`` theirs;
    ``norm_channels`` counts the biases that stand for a folded batch normalisation (a framework
    counts 2 trained values there, or 4 with the running mean and variance); ``others`` are the
    values of learned operands of elementwise ops. ``macs`` are multiplications of two
    feature or weight values in convolutions, fully connected layers and matrix products.
    """

    weights: int
    biases: int
    norm_channels: int
    others: int
    macs: int

    def parameters(self, values_per_norm: int = 2) -> int:
        """Parameters as a framework counts them before batch normalisation is folded."""
        plain = self.weights + self.biases - self.norm_channels + self.others
        return plain + values_per_norm * self.norm_channels


class Range:
    """Scale and zero point of a tensor; tensors that must agree share one.

    A ``fixed`` range is demanded by TFLite (softmax, logistic, tanh) and is never joined.
    """

    def __init__(self, scale: float, zero_point: int, fixed: bool = False) -> None:
        self.fixed = fixed
        self._scale, self._zero_point = scale, zero_point
        self._same_as: Range | None = None

    def root(self) -> Range:
        """The range that stands for all that were joined with this one."""
        here = self
        while here._same_as is not None:
            here = here._same_as
        return here

    @property
    def scale(self) -> float:
        """Real value of one step."""
        return self.root()._scale

    @property
    def zero_point(self) -> int:
        """The integer that stands for 0.0."""
        return self.root()._zero_point

    def agrees(self, other: Range) -> bool:
        """Whether a tensor of the other range can be read with this one."""
        return (self.scale, self.zero_point) == (other.scale, other.zero_point)

    def join(self, other: Range) -> None:
        """From now on the free range ``other`` is this one."""
        if self.root() is not other.root():
            other.root()._same_as = self.root()


@dataclass(slots=True)
class TensorRecord:
    """One tensor as it will be written."""

    shape: tuple[int, ...]
    dtype: str
    range: Range | None = None
    data: NDArray[Any] | None = None
    scales: NDArray[np.float32] | None = None
    axis: int = 0
    # Input and weights whose scales multiply to a bias's; known only when all ranges are joined.
    bias_of: tuple[int, int] | None = None
    # A constant's real values, stored by ``range``, which may yet be joined with another.
    real: NDArray[np.float32] | None = None
    # Keeps its contents from one inference to the next.
    variable: bool = False

    @property
    def is_feature(self) -> bool:
        """Whether it is computed or given, rather than stored in the file."""
        return self.data is None and self.real is None and not self.variable

    def renumbered(self, number: Mapping[int, int]) -> TensorRecord:
        """The same for tensors that go by other numbers."""
        if self.bias_of is None:
            return self
        return replace(self, bias_of=(number[self.bias_of[0]], number[self.bias_of[1]]))


@dataclass(slots=True)
class OpRecord:
    """One op as it will be written. An input of -1 is an optional one left out."""

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    table: str = ""
    options: Mapping[str, Option] = field(default_factory=dict)

    def renumbered(self, number: Mapping[int, int]) -> OpRecord:
        """The same for tensors that go by other numbers."""
        inputs, outputs = (tuple(number[t] for t in ts) for ts in (self.inputs, self.outputs))
        return replace(self, inputs=inputs, outputs=outputs)
