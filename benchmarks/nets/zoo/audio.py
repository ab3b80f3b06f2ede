"""Audio nets: spectrogram classifiers and a 1-D convolutional speaker recogniser."""

from typing import Any

import keras
from keras import layers

from benchmarks.nets.blocks import conv_bn, image, series
from benchmarks.nets.registry import net


@net(
    family="simple_audio",
    task="audio",
    source="https://www.tensorflow.org/tutorials/audio/simple_audio",
    data="unit",
)
def simple_audio() -> Any:
    """TensorFlow tutorial "Simple audio recognition": a CNN on a 124 x 129 spectrogram."""
    inputs = image(124, 129, 1)
    x = layers.Resizing(32, 32)(inputs)
    x = layers.Normalization(mean=0.5, variance=0.05)(x)
    x = layers.Conv2D(32, 3, activation="relu")(x)
    x = layers.Conv2D(64, 3, activation="relu")(x)
    x = layers.Dropout(0.25)(layers.MaxPooling2D()(x))
    x = layers.Dense(128, activation="relu")(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(8)(layers.Dropout(0.5)(x)))


@net(
    family="yamnet",
    task="audio",
    source="https://github.com/tensorflow/models/tree/master/research/audioset/yamnet",
    data="image1",
    published_macs=69_200_000,
)
def yamnet_96x64() -> Any:
    """YAMNet of the TensorFlow models: a MobileNet v1 on 96 x 64 log-mel patches, 521 classes."""
    inputs = x = image(96, 64, 1)
    x = conv_bn(x, 32, 3, 2)
    plan = ((1, 64), (2, 128), (1, 128), (2, 256), (1, 256), (2, 512), *[(1, 512)] * 5)
    for strides, filters in (*plan, (2, 1024), (1, 1024)):
        x = layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = conv_bn(x, filters, 1)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(521, activation="sigmoid")(x))


@net(
    family="ds_cnn",
    task="keyword",
    source="https://arxiv.org/abs/1711.07128",
    data="image1",
)
def ds_cnn_keyword() -> Any:
    """DS-CNN (small) of "Hello Edge" on 49 x 10 MFCCs of Speech Commands, 12 words."""
    inputs = image(49, 10, 1)
    x = layers.Conv2D(64, (10, 4), strides=2, padding="same")(inputs)
    x = layers.Dropout(0.2)(layers.ReLU()(layers.BatchNormalization()(x)))
    for _ in range(4):
        x = layers.DepthwiseConv2D(3, padding="same")(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = conv_bn(x, 64, 1, use_bias=True)
    x = layers.GlobalAveragePooling2D()(layers.Dropout(0.4)(x))
    return keras.Model(inputs, layers.Dense(12, activation="softmax")(x))


@net(
    family="speaker",
    task="audio",
    source="https://keras.io/examples/audio/speaker_recognition_using_cnn/",
    data="spectrum",
)
def speaker_recognition() -> Any:
    """Keras example "Speaker recognition": residual 1-D convolutions on 8,000 FFT magnitudes."""
    inputs = x = series(8000)
    for filters, count in ((16, 2), (32, 2), (64, 3), (128, 3), (128, 3)):
        shortcut = layers.Conv1D(filters, 1, padding="same")(x)
        for _ in range(count - 1):
            x = layers.Conv1D(filters, 3, padding="same", activation="relu")(x)
        x = layers.Conv1D(filters, 3, padding="same")(x)
        x = layers.Activation("relu")(layers.Add()([x, shortcut]))
        x = layers.MaxPooling1D(2, strides=2)(x)
    x = layers.Flatten()(layers.AveragePooling1D(3, strides=3)(x))
    x = layers.Dense(128, activation="relu")(layers.Dense(256, activation="relu")(x))
    return keras.Model(inputs, layers.Dense(5, activation="softmax")(x))
