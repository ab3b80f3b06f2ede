"""The builder of wild nets: habits of converters and authors, and sizes within a budget."""

from __future__ import annotations

import math

from perfcost.spaces.samplers.dice import Dice
from perfcost.spaces.samplers.layers import border, conv, depthwise
from perfcost.spaces.samplers.net import SampledNet
from perfcost.spaces.writer.convolutions import Pair, pair
from perfcost.spaces.writer.records import Tensor

_ACTS = (
    "relu", "relu", "relu", "relu", "relu", "relu6", "relu6", "relu6", "relu6", "relu6", "", "",
    "leaky_relu", "leaky_relu", "hard_swish", "swish", "swish", "tanh", "logistic", "prelu",
    "relu_alone", "relu6_alone", "gelu", "hard_sigmoid_mul",
)  # fmt: skip
# How convolutions are padded: by themselves, as Keras does where it strides, as PyTorch does.
_BORDERS = ((32, "same"), (15, "keras"), (35, "both"), (18, "mixed"))
# A convolution has this many channels, or as few as it was drawn with, however small the budget.
_FEWEST = 8
# More elements than this in one feature map make slow labels and few differences.
MAX_ELEMENTS = 2_500_000


class WildNet(SampledNet):
    """A net with habits: what real files of one origin have in common."""

    # Real nets have more weights a channel than these, and so lie wider in their integers.
    trained = (9, 16)

    def __init__(self, dice: Dice, *, dtype: str, max_weights: int, max_macs: int) -> None:
        super().__init__(dice, dtype=dtype, max_weights=max_weights, max_macs=max_macs)
        self.act = dice.pick(*_ACTS)
        self.borders = dice.weighted(_BORDERS)
        self.width = 32
        # Whether channels come in multiples of 8, as most authors have them.
        self.even = dice.chance(65)
        self.kept: list[Tensor] = []
        # Percentage by which a motif shrinks the map, for each octave of its side.
        self.shrink = 5

    def some_act(self) -> str:
        """The net's activation; now and then another."""
        return self.act if self.dice.chance(85) else self.dice.pick(*_ACTS)

    def some_channels(self, most: int = 512) -> int:
        """A number of channels around the net's width."""
        dice = self.dice
        if dice.chance(60):
            count = max(1, min(most, self.width * dice.pick(2, 3, 4, 4, 4, 6, 8) // 4))
            return (count + 4) // 8 * 8 if self.even and count > 5 else count
        return dice.channels(min(most, max(1, self.width // 4)), min(most, max(2, 4 * self.width)))

    def affordable(self, x: Tensor, channels: int, kernel: Pair = 1, stride: int = 1) -> int:
        """As many of the channels as a convolution of ``x`` may have; 0 if none."""
        values = math.prod(pair(kernel)) * x.shape[3]
        places = max(1, x.shape[0] * x.shape[1] * x.shape[2] // (stride * stride))
        weights = (self.max_weights - self._weights) // values
        macs = (self.max_macs - self._macs) // (values * places)
        return max(0, min(channels, weights, macs, MAX_ELEMENTS // places))

    def some_kernel(self, x: Tensor, size: int | None = None) -> Pair:
        """A kernel that suits a map, which may be a line or a point."""
        dice = self.dice
        _, height, width, _ = x.shape
        k = size or dice.pick(1, 1, 1, 3, 3, 3, 3, 3, 3, 5, 5, 7, 7, 2, 4, 6, 8, 9, 10, 11)
        if height == 1 and width == 1:
            return 1
        if height == 1:
            return (1, k)
        if width == 1:
            return (k, 1)
        return (k, dice.pick(1, 3, 4, 5)) if dice.chance(6) else k

    def some_stride(self, x: Tensor, stride: int) -> Pair:
        """A stride that suits a map, which may be a line or a point."""
        _, height, width, _ = x.shape
        if max(height, width) < 3 * stride:
            return 1
        if self.dice.chance(30):
            return stride
        return (stride if height > 2 else 1, stride if width > 2 else 1)

    def mix(
        self,
        x: Tensor,
        channels: int,
        kernel: Pair = 1,
        stride: Pair = 1,
        act: str = "",
        *,
        padding: str = "SAME",
        dilation: int = 1,
    ) -> Tensor:
        """A convolution within the budget: fewer channels where it would not fit."""
        able = self.affordable(x, channels, kernel, max(pair(stride)))
        if able < min(channels, 4) and kernel != 1:
            kernel, dilation = 1, 1
            able = self.affordable(x, channels, 1, max(pair(stride)))
        rows = zip(x.shape[1:3], pair(kernel), strict=True)
        if padding == "VALID" and any(n < (k - 1) * dilation + 1 for n, k in rows):
            padding = "SAME"
        able = max(1, able, min(channels, _FEWEST))
        return conv(
            self, x, min(channels, able), kernel, stride, act, padding=padding, dilation=dilation
        )

    def filter(self, x: Tensor, kernel: Pair = 3, stride: Pair = 1, act: str = "") -> Tensor:
        """A depthwise convolution."""
        return depthwise(self, x, kernel, stride, act)

    def _bordered(
        self, x: Tensor, kernel: Pair, stride: Pair, padding: str, dilation: Pair
    ) -> tuple[Tensor, str]:
        """PAD and VALID in place of SAME, where the net has that habit and the sizes agree."""
        style = self.borders
        if style == "mixed":
            style = self.dice.pick("same", "keras", "both")
        if padding == "VALID" or style == "same" or pair(dilation) != (1, 1):
            return x, padding
        (kh, kw), strides = pair(kernel), pair(stride)
        if kh % 2 == 0 or kw % 2 == 0 or (style == "keras" and set(strides) != {2}):
            return x, padding
        pads = border(x, kernel, stride, style)
        if pads is None or math.prod(x.shape) > MAX_ELEMENTS:
            return x, padding
        pad = self.pad_v2 if self.dice.chance(4) else self.pad
        return pad(x, pads), "VALID"

    def same_range_may(self, y: Tensor) -> bool:
        """Whether the quantisation of ``y`` is free: LOGISTIC, TANH and SOFTMAX demand theirs."""
        values = self._range_of(y)
        return values is not None and not values.fixed
