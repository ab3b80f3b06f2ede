"""Small image classifiers: MNIST, CIFAR, SqueezeNet, ConvMixer."""

from typing import Any

import keras
from keras import layers

from benchmarks.nets.blocks import conv_bn, image
from benchmarks.nets.registry import net


@net(
    family="plain_cnn",
    task="classification",
    source="https://keras.io/examples/vision/mnist_convnet/",
    data="unit",
    published_parameters=34826,
)
def mnist_convnet() -> Any:
    """Keras example "Simple MNIST convnet"."""
    inputs = x = image(28, channels=1)
    for filters in (32, 64):
        x = layers.Conv2D(filters, 3, activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dropout(0.5)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


@net(
    family="plain_cnn",
    task="classification",
    source="https://www.tensorflow.org/tutorials/images/cnn",
    data="unit",
    published_parameters=122570,
)
def cifar_cnn() -> Any:
    """TensorFlow tutorial "Convolutional Neural Network (CNN)" on CIFAR-10."""
    inputs = x = image(32)
    x = layers.Conv2D(32, 3, activation="relu")(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(64, 3, activation="relu")(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(64, 3, activation="relu")(x)
    x = layers.Dense(64, activation="relu")(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(10)(x))


@net(
    family="resnet_cifar",
    task="classification",
    source="https://github.com/keras-team/keras/blob/2.3.1/examples/cifar10_resnet.py",
    data="unit",
    published_parameters=274442,
)
def resnet20_cifar() -> Any:
    """Keras example "Trains a ResNet on the CIFAR10 dataset", version 1, depth 20."""
    inputs = image(32)
    x = conv_bn(inputs, 16, 3, use_bias=True)
    for stack, filters in enumerate((16, 32, 64)):
        for block in range(3):
            strides = 2 if stack > 0 and block == 0 else 1
            y = conv_bn(x, filters, 3, strides, use_bias=True)
            y = conv_bn(y, filters, 3, use_bias=True, activation=None)
            if strides == 2:
                x = layers.Conv2D(filters, 1, strides=2, padding="same")(x)
            x = layers.ReLU()(layers.Add()([x, y]))
    x = layers.Flatten()(layers.AveragePooling2D(8)(x))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


@net(
    family="squeezenet",
    task="classification",
    source="https://github.com/forresti/SqueezeNet/tree/master/SqueezeNet_v1.1",
    data="image1",
    published_parameters=1235496,
    published_macs=350_000_000,
)
def squeezenet_224() -> Any:
    """SqueezeNet 1.1 of its authors, written with Keras layers."""
    inputs = x = image(224)
    x = layers.Conv2D(64, 3, strides=2, activation="relu")(x)
    x = layers.MaxPooling2D(3, 2)(x)
    for number, squeeze in enumerate((16, 16, 32, 32, 48, 48, 64, 64)):
        s = layers.Conv2D(squeeze, 1, activation="relu")(x)
        left = layers.Conv2D(4 * squeeze, 1, activation="relu")(s)
        right = layers.Conv2D(4 * squeeze, 3, padding="same", activation="relu")(s)
        x = layers.Concatenate()([left, right])
        if number in (1, 3):
            x = layers.MaxPooling2D(3, 2)(x)
    x = layers.Conv2D(1000, 1, activation="relu")(layers.Dropout(0.5)(x))
    return keras.Model(inputs, layers.Softmax()(layers.GlobalAveragePooling2D()(x)))


@net(
    family="convmixer",
    task="classification",
    source="https://keras.io/examples/vision/convmixer/",
    data="image255",
)
def convmixer_cifar() -> Any:
    """Keras example "Image classification with ConvMixer": width 256, depth 8, kernel 5."""
    inputs = image(32)
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(256, 2, strides=2)(x)
    x = layers.BatchNormalization()(layers.Activation("gelu")(x))
    for _ in range(8):
        y = layers.DepthwiseConv2D(5, padding="same")(x)
        y = layers.BatchNormalization()(layers.Activation("gelu")(y))
        x = layers.Add()([y, x])
        x = layers.Conv2D(256, 1)(x)
        x = layers.BatchNormalization()(layers.Activation("gelu")(x))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


@net(
    family="small_xception",
    task="classification",
    source="https://keras.io/examples/vision/image_classification_from_scratch/",
    data="image255",
)
def cats_dogs_xception() -> Any:
    """Keras example "Image classification from scratch": a small Xception at 180 pixels."""
    inputs = image(180)
    x = conv_bn(layers.Rescaling(1 / 255)(inputs), 128, 3, 2, use_bias=True)
    previous = x
    for size in (256, 512, 728):
        for _ in range(2):
            x = layers.Activation("relu")(x)
            x = layers.SeparableConv2D(size, 3, padding="same")(x)
            x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
        residual = layers.Conv2D(size, 1, strides=2, padding="same")(previous)
        previous = x = layers.Add()([x, residual])
    x = layers.SeparableConv2D(1024, 3, padding="same")(x)
    x = layers.Activation("relu")(layers.BatchNormalization()(x))
    x = layers.Dropout(0.25)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, layers.Dense(1)(x))
