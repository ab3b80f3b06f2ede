"""The builder that samplers use: weights in the net's style, a budget, and rarer layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from perfcost.spaces.samplers import weights
from perfcost.spaces.samplers.cpu_layers import CpuLayers
from perfcost.spaces.samplers.dice import Dice
from perfcost.spaces.writer.records import Range, Tensor, TensorRecord


class SampledNet(CpuLayers):
    """A net under construction with the dice that shape it.

    Args:
        dice: of the graph; the net's own draws hang on its first word.
        dtype: of feature maps.
        max_weights: values of weights that the net may have.
        max_macs: MACs that it may have.

    Attributes:
        trained: lowest and highest spread of trained weights, counted in ``weights.SPREADS``.
    """

    trained = (7, 15)

    def __init__(
        self,
        dice: Dice,
        *,
        dtype: str = "int8",
        max_weights: int = 4_000_000,
        max_macs: int = 3_000_000_000,
    ) -> None:
        super().__init__(dtype=dtype, seed=dice.word())
        self.dice = dice
        self.max_weights, self.max_macs = max_weights, max_macs
        self.style = weights.draw_style(dice, self.trained)

    @property
    def count(self) -> int:
        """How many ops there are so far."""
        return len(self._ops)

    @property
    def macs(self) -> int:
        """MACs so far."""
        return self._macs

    def has_room(self, values: int, places: int = 1) -> bool:
        """Whether ``values`` weights, each used at ``places`` places, are within the budget."""
        return (
            self._weights + values <= self.max_weights
            and self._macs + values * places <= self.max_macs
        )

    def keep_range(self, x: Tensor, y: Tensor) -> Tensor:
        """Give ``y`` the quantisation of ``x``."""
        self._tensors[y.index].range = self._range_of(x)
        return y

    def prelu(self, x: Tensor) -> Tensor:
        """PRELU with one slope a channel; trained slopes are small, in some nets a few negative.

        The NPU's compiler refuses a uint8 one: there, LEAKY_RELU takes its place.
        """
        if self.dtype == "uint8":
            return self.leaky_relu(x, 0.25)
        shape = (*(1 for _ in x.shape[1:-1]), x.shape[-1])
        drawn = self._stream().gaussian(math.prod(shape)).reshape(shape)
        # Slopes above 1 are compiled in another way than those below.
        spread = self.dice.pick(1 / 8, 1 / 4, 1 / 4, 1)
        slopes = self.constant(drawn * np.float32(spread) + np.float32(1 / 4))
        y = self._feature(x.shape, self._range())
        return self._op("PRELU", [x, slopes], [y])

    def _same_range(self, tensors: list[Tensor]) -> Range | None:
        shared = super()._same_range(tensors)
        if shared is not None and not shared.fixed:
            # Also ranges that are equal by chance: either may be joined with a third one later.
            for tensor in tensors:
                values = self._range_of(tensor)
                if values is not None and not values.fixed:
                    shared.join(values)
        return shared

    def _weight(self, shape: tuple[int, ...], axis: int, per_channel: bool = True) -> Tensor:
        dice = self.dice
        style = weights.draw_style(dice, self.trained) if dice.chance(15) else self.style
        # The newest converters have a scale for each channel of fully connected layers too.
        each = per_channel if dice.chance(97) else not per_channel
        each = each and self.dtype == "int8"
        w = weights.draw(dice, style, shape, axis, each)
        self._weights += math.prod(shape)
        if self.dtype == "uint8":
            data = w.values.view("uint8") ^ 128
            return self._put(TensorRecord(shape, "uint8", None, data, w.scales))
        return self._put(TensorRecord(shape, "int8", None, w.values, w.scales, axis))


def elements(x: Tensor | Sequence[int]) -> int:
    """How many elements a tensor or a shape has."""
    return math.prod(x.shape if isinstance(x, Tensor) else x)


# Draws a net into a builder and gives the builder back.
Family = Callable[[SampledNet], SampledNet]
