"""Nets from image to image: super-resolution, low light, denoising."""

from typing import Any

import keras
import tensorflow as tf
from keras import layers

from benchmarks.nets.blocks import image
from benchmarks.nets.registry import net


class DepthToSpace(layers.Layer):  # type: ignore[misc, unused-ignore]
    """tf.nn.depth_to_space as a layer."""

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.factor = factor

    def call(self, x: Any) -> Any:
        """[N, H, W, f^2 C] to [N, f H, f W, C]."""
        return tf.nn.depth_to_space(x, self.factor)


@net(
    family="espcn",
    task="superres",
    source="https://keras.io/examples/vision/super_resolution_sub_pixel/",
    data="unit",
)
def espcn_x3() -> Any:
    """Keras example "Super-Resolution using an Efficient Sub-Pixel CNN", 100 to 300 pixels."""
    inputs = image(100, channels=1)
    options = {"activation": "relu", "padding": "same"}
    x = layers.Conv2D(64, 5, **options)(inputs)
    x = layers.Conv2D(64, 3, **options)(x)
    x = layers.Conv2D(32, 3, **options)(x)
    x = layers.Conv2D(9, 3, **options)(x)
    return keras.Model(inputs, DepthToSpace(3)(x))


@net(
    family="edsr",
    task="superres",
    source="https://keras.io/examples/vision/edsr/",
    data="image255",
)
def edsr_x4() -> Any:
    """Keras example "Enhanced Deep Residual Networks for super-resolution", 48 to 192 pixels."""
    inputs = image(48)
    x = first = layers.Conv2D(64, 3, padding="same")(layers.Rescaling(1 / 255)(inputs))
    for _ in range(16):
        y = layers.Conv2D(64, 3, padding="same", activation="relu")(x)
        y = layers.Conv2D(64, 3, padding="same")(y)
        x = layers.Add()([x, y])
    x = layers.Add()([first, layers.Conv2D(64, 3, padding="same")(x)])
    for _ in range(2):
        x = DepthToSpace(2)(layers.Conv2D(256, 3, padding="same")(x))
    x = layers.Conv2D(3, 3, padding="same")(x)
    return keras.Model(inputs, layers.Rescaling(255)(x))


@net(
    family="zero_dce",
    task="enhancement",
    source="https://keras.io/examples/vision/zero_dce/",
    data="unit",
)
def zero_dce_128() -> Any:
    """Keras example "Zero-DCE for low-light image enhancement": curves, applied eight times."""
    inputs = x = image(128)
    options = {"activation": "relu", "padding": "same"}
    features = []
    for _ in range(4):
        x = layers.Conv2D(32, 3, **options)(x)
        features.append(x)
    for skip in reversed(features[:3]):
        x = layers.Conv2D(32, 3, **options)(x)
        x = layers.Concatenate()([skip, x])
    curves = layers.Conv2D(24, 3, activation="tanh", padding="same")(x)
    x = inputs
    for step in range(8):
        curve = curves[:, :, :, 3 * step : 3 * step + 3]
        x = x + curve * (keras.ops.square(x) - x)
    return keras.Model(inputs, x)


@net(
    family="denoising_autoencoder",
    task="denoising",
    source="https://keras.io/examples/vision/autoencoder/",
    data="unit",
    published_parameters=28353,
)
def denoising_autoencoder() -> Any:
    """Keras example "Convolutional autoencoder for image denoising" on MNIST."""
    inputs = x = image(28, channels=1)
    options = {"activation": "relu", "padding": "same"}
    for _ in range(2):
        x = layers.Conv2D(32, 3, **options)(x)
        x = layers.MaxPooling2D(2, padding="same")(x)
    for _ in range(2):
        x = layers.Conv2DTranspose(32, 3, strides=2, **options)(x)
    return keras.Model(inputs, layers.Conv2D(1, 3, activation="sigmoid", padding="same")(x))
