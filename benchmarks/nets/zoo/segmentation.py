"""Segmentation nets of the TensorFlow tutorials and Keras examples."""

from typing import Any

import keras
from keras import layers

from benchmarks.nets.blocks import conv_bn, image
from benchmarks.nets.registry import net


@net(
    family="unet_mobilenet",
    task="segmentation",
    source="https://www.tensorflow.org/tutorials/images/segmentation",
    data="image1",
)
def unet_pets_128() -> Any:
    """TensorFlow tutorial "Image segmentation": U-Net on MobileNetV2, pix2pix upsampling."""
    inputs = image(128)
    base = keras.applications.MobileNetV2(weights=None, include_top=False, input_tensor=inputs)
    names = ("block_1_expand_relu", "block_3_expand_relu", "block_6_expand_relu")
    skips = [base.get_layer(name).output for name in (*names, "block_13_expand_relu")]
    x = base.get_layer("block_16_project").output
    for filters, skip in zip((512, 256, 128, 64), reversed(skips), strict=True):
        x = layers.Conv2DTranspose(filters, 3, strides=2, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.Concatenate()([x, skip])
    x = layers.Conv2DTranspose(3, 3, strides=2, padding="same")(x)
    return keras.Model(inputs, x)


@net(
    family="unet_xception",
    task="segmentation",
    source="https://keras.io/examples/vision/oxford_pets_image_segmentation/",
    data="image255",
    published_parameters=2058979,
)
def unet_xception_160() -> Any:
    """Keras example "Image segmentation with a U-Net-like architecture"."""
    inputs = image(160)
    x = previous = conv_bn(inputs, 32, 3, 2, use_bias=True)
    for filters in (64, 128, 256):
        for _ in range(2):
            x = layers.Activation("relu")(x)
            x = layers.SeparableConv2D(filters, 3, padding="same")(x)
            x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
        residual = layers.Conv2D(filters, 1, strides=2, padding="same")(previous)
        x = previous = layers.Add()([x, residual])
    for filters in (256, 128, 64, 32):
        for _ in range(2):
            x = layers.Activation("relu")(x)
            x = layers.Conv2DTranspose(filters, 3, padding="same")(x)
            x = layers.BatchNormalization()(x)
        x = layers.UpSampling2D(2)(x)
        residual = layers.Conv2D(filters, 1, padding="same")(layers.UpSampling2D(2)(previous))
        x = previous = layers.Add()([x, residual])
    return keras.Model(inputs, layers.Conv2D(3, 3, activation="softmax", padding="same")(x))


def _spatial_pyramid(x: Any) -> Any:
    """Dilated spatial pyramid pooling with the rates 1, 6, 12, 18."""
    height, width = x.shape[1], x.shape[2]
    pooled = conv_bn(layers.AveragePooling2D((height, width))(x), 256, 1, use_bias=True)
    pooled = layers.UpSampling2D((height, width), interpolation="bilinear")(pooled)
    branches = [conv_bn(x, 256, 1 if rate == 1 else 3, 1, rate) for rate in (1, 6, 12, 18)]
    return conv_bn(layers.Concatenate()([pooled, *branches]), 256, 1)


@net(
    family="deeplab",
    task="segmentation",
    source="https://keras.io/examples/vision/deeplabv3_plus/",
    data="image1",
)
def deeplabv3plus_256() -> Any:
    """Keras example "Multiclass semantic segmentation using DeepLabV3+" at 256 pixels, not 512."""
    inputs = image(256)
    base = keras.applications.ResNet50(weights=None, include_top=False, input_tensor=inputs)
    x = _spatial_pyramid(base.get_layer("conv4_block6_2_relu").output)
    x = layers.UpSampling2D(4, interpolation="bilinear")(x)
    low = conv_bn(base.get_layer("conv2_block3_2_relu").output, 48, 1)
    x = layers.Concatenate()([x, low])
    x = conv_bn(conv_bn(x, 256, 3), 256, 3)
    x = layers.UpSampling2D(4, interpolation="bilinear")(x)
    return keras.Model(inputs, layers.Conv2D(20, 1, padding="same")(x))
