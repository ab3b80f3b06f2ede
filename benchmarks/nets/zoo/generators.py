"""Generators of the GAN tutorials: DCGAN, pix2pix, CycleGAN."""

from typing import Any

import keras
from keras import layers

from benchmarks.nets.blocks import image
from benchmarks.nets.registry import net


def _up(x: Any, filters: int, kernel: int, strides: int = 2, dropout: float = 0.0) -> Any:
    """Transposed convolution and batch normalisation."""
    options = {"strides": strides, "padding": "same", "use_bias": False}
    x = layers.BatchNormalization()(layers.Conv2DTranspose(filters, kernel, **options)(x))
    return layers.Dropout(dropout)(x) if dropout else x


@net(
    family="dcgan",
    task="generation",
    source="https://www.tensorflow.org/tutorials/generative/dcgan",
    data="normal",
)
def dcgan_generator() -> Any:
    """TensorFlow tutorial "Deep Convolutional GAN": 100 noise values to 28 x 28."""
    inputs = keras.Input((100,), batch_size=1)
    x = layers.Dense(7 * 7 * 256, use_bias=False)(inputs)
    x = layers.LeakyReLU()(layers.BatchNormalization()(x))
    x = layers.Reshape((7, 7, 256))(x)
    x = layers.LeakyReLU()(_up(x, 128, 5, strides=1))
    x = layers.LeakyReLU()(_up(x, 64, 5))
    last = {"strides": 2, "padding": "same", "use_bias": False, "activation": "tanh"}
    return keras.Model(inputs, layers.Conv2DTranspose(1, 5, **last)(x))


@net(
    family="pix2pix",
    task="generation",
    source="https://www.tensorflow.org/tutorials/generative/pix2pix",
    data="image1",
    published_parameters=54425859,
)
def pix2pix_generator() -> Any:
    """TensorFlow tutorial "pix2pix": a U-Net of eight levels at 256 pixels."""
    inputs = x = image(256)
    skips = []
    for level, filters in enumerate((64, 128, 256, 512, 512, 512, 512, 512)):
        x = layers.Conv2D(filters, 4, strides=2, padding="same", use_bias=False)(x)
        if level > 0:
            x = layers.BatchNormalization()(x)
        x = layers.LeakyReLU()(x)
        skips.append(x)
    for level, filters in enumerate((512, 512, 512, 512, 256, 128, 64)):
        x = layers.ReLU()(_up(x, filters, 4, dropout=0.5 if level < 3 else 0.0))
        x = layers.Concatenate()([x, skips[6 - level]])
    x = layers.Conv2DTranspose(3, 4, strides=2, padding="same", activation="tanh")(x)
    return keras.Model(inputs, x)


def _reflect(x: Any, pad: int) -> Any:
    return keras.ops.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)), mode="reflect")


def _instance(x: Any, activation: bool = True) -> Any:
    """Instance normalisation: a group a channel."""
    x = layers.GroupNormalization(groups=-1)(x)
    return layers.Activation("relu")(x) if activation else x


@net(
    family="cyclegan",
    task="style",
    source="https://keras.io/examples/generative/cyclegan/",
    data="image1",
)
def cyclegan_generator_64() -> Any:
    """Keras example "CycleGAN": the residual generator, at 64 pixels, not 256."""
    inputs = image(64)
    x = layers.Conv2D(64, 7, use_bias=False)(_reflect(inputs, 3))
    x = _instance(x)
    for filters in (128, 256):
        x = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False)(x)
        x = _instance(x)
    for _ in range(9):
        y = _instance(layers.Conv2D(256, 3, use_bias=False)(_reflect(x, 1)))
        y = _instance(layers.Conv2D(256, 3, use_bias=False)(_reflect(y, 1)), activation=False)
        x = layers.Add()([x, y])
    for filters in (128, 64):
        options = {"strides": 2, "padding": "same", "use_bias": False}
        x = _instance(layers.Conv2DTranspose(filters, 3, **options)(x))
    x = layers.Conv2D(3, 7, activation="tanh")(_reflect(x, 3))
    return keras.Model(inputs, x)
