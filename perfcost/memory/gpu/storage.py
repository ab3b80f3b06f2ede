"""How a GPU stores tensors: shapes of four axes, channels in slices of four."""

from __future__ import annotations

import math
from dataclasses import dataclass

SLICE = 4
Shape = tuple[int, int, int, int]
"""Batch, height, width, channels: all that the delegate knows."""


@dataclass(frozen=True, slots=True)
class Storage:
    """What the delegate chooses by the device.

    ``number_bytes`` is 2 where shaders compute in half precision, else 4. ``textures`` says whether
    tensors of a run lie in textures of two dimensions, which are used again only by tensors of the
    very same shape, or in buffers, of which a larger one may be used again by a smaller tensor.
    ``result_slices`` is how many slices of results a convolution works on at once, None where that
    depends on how many there are: its weights are filled up to it.
    """

    number_bytes: int
    textures: bool
    result_slices: int | None = None

    def filled_slices(self, channels: int) -> int:
        """Slices of a convolution's results, filled up."""
        found = slices(channels)
        at_once = self.result_slices
        if at_once is None:
            if found % 4 == 0 or found >= 8:
                at_once = 4
            else:
                at_once = 2 if found % 2 == 0 or found >= 4 else found
        return -(-found // at_once) * at_once


SINGLE_TEXTURES = Storage(number_bytes=4, textures=True, result_slices=2)
"""A device of no known vendor without half precision: SwiftShader, where it was measured."""
HALF_TEXTURES = Storage(number_bytes=2, textures=True)
"""What the delegate's source says of GPUs for phones; not measured."""
HALF_BUFFERS = Storage(number_bytes=2, textures=False)
"""What the delegate's source says of NVIDIA, AMD and Apple; not measured."""


def four_axes(shape: tuple[int, ...]) -> Shape:
    """A shape as the delegate reads it; of more than four axes the first are one."""
    if len(shape) >= 4:
        height, width, channels = shape[-3:]
        return math.prod(shape[:-3]), height, width, channels
    if len(shape) == 3:
        return shape[0], 1, shape[1], shape[2]
    if len(shape) == 2:
        return shape[0], 1, 1, shape[1]
    return (shape[0] if shape else 1), 1, 1, 1


def slices(channels: int) -> int:
    """Slices of four channels."""
    return -(-channels // SLICE)


def stored_bytes(shape: Shape, storage: Storage) -> int:
    """Bytes of a tensor with the channels of its last slice filled up."""
    batch, height, width, channels = shape
    return batch * height * width * slices(channels) * SLICE * storage.number_bytes
