"""Pieces that several architectures share; batch 1 throughout."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers


def image(height: int, width: int | None = None, channels: int = 3) -> Any:
    """An image input of batch 1; square where one side is given."""
    return keras.Input((height, width or height, channels), batch_size=1)


def series(length: int, channels: int = 1) -> Any:
    """A 1-D input of batch 1."""
    return keras.Input((length, channels), batch_size=1)


def tokens(length: int) -> Any:
    """Token ids, batch 1."""
    return keras.Input((length,), batch_size=1, dtype="int32")


def conv_bn(
    x: Any,
    filters: int,
    kernel: int,
    strides: int = 1,
    dilation: int = 1,
    use_bias: bool = False,
    activation: str | None = "relu",
) -> Any:
    """Convolution with SAME padding, batch normalisation, activation."""
    x = layers.Conv2D(
        filters,
        kernel,
        strides=strides,
        dilation_rate=dilation,
        padding="same",
        use_bias=use_bias,
    )(x)
    x = layers.BatchNormalization()(x)
    return layers.Activation(activation)(x) if activation else x


def mlp(x: Any, units: tuple[int, ...], activation: str = "gelu") -> Any:
    """Dense layers with an activation and dropout."""
    for width in units:
        x = layers.Dense(width, activation=activation)(x)
        x = layers.Dropout(0.1)(x)
    return x


class AddPosition(layers.Layer):  # type: ignore[misc, unused-ignore]
    """Adds a learned position embedding to [batch, length, width]."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """One vector a position."""
        self.position = self.add_weight(name="position", shape=input_shape[1:])

    def call(self, x: Any) -> Any:
        """Broadcast over the batch."""
        return x + self.position


def patches(x: Any, side: int) -> Any:
    """[1, H, W, C] cut into square patches: [1, H W / side^2, side^2 C]."""
    _, height, width, channels = x.shape
    rows, columns = height // side, width // side
    x = layers.Reshape((rows, side, columns * side * channels))(x)
    x = layers.Reshape((rows, side, columns, side * channels))(x)
    x = layers.Permute((1, 3, 2, 4))(x)
    return layers.Reshape((rows * columns, side * side * channels))(x)
