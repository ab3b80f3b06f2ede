"""How a GPU stores tensors: shapes of four axes, channels in slices of four."""

from __future__ import annotations

import math
from dataclasses import dataclass

SLICE = 4
Shape = tuple[int, int, int, int]
"""Batch, height, width, channels: the only ranks that the delegate knows."""


@dataclass(frozen=True, slots=True)
class Storage:
    """What the delegate chooses by the device.

    ``number_bytes`` is 2 where shaders compute in half precision, else 4. ``textures`` says whether
    tensors of a run lie in textures of two dimensions, which are used again only by tensors of the
    very same shape, or in buffers, which larger ones may be used again by smaller.
    """

    number_bytes: int
    textures: bool


SINGLE_TEXTURES = Storage(number_bytes=4, textures=True)
"""A device without half precision, as SwiftShader is: measured."""
HALF_TEXTURES = Storage(number_bytes=2, textures=True)
"""As the delegate's source says of GPUs for phones."""
HALF_BUFFERS = Storage(number_bytes=2, textures=False)
"""As the delegate's source says of NVIDIA, AMD and Apple."""


def four_axes(shape: tuple[int, ...]) -> Shape:
    """A shape as the delegate reads it; what it would refuse is folded into the batch."""
    if len(shape) == 0:
        return 1, 1, 1, 1
    if len(shape) == 1:
        return shape[0], 1, 1, 1
    if len(shape) == 2:
        return shape[0], 1, 1, shape[1]
    if len(shape) == 3:
        return shape[0], 1, shape[1], shape[2]
    return math.prod(shape[:-3]), *shape[-3:]  # type: ignore[return-value]


def slices(channels: int) -> int:
    """Slices of four channels."""
    return -(-channels // SLICE)


def stored_bytes(shape: Shape, storage: Storage) -> int:
    """Bytes of a tensor with the channels of its last slice filled up."""
    batch, height, width, channels = shape
    return batch * height * width * slices(channels) * SLICE * storage.number_bytes
