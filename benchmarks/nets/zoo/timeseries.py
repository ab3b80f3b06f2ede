"""Time series: a fully convolutional classifier and an anomaly detector."""

from typing import Any

import keras
from keras import layers

from benchmarks.nets.blocks import series
from benchmarks.nets.registry import net


@net(
    family="timeseries_fcn",
    task="timeseries",
    source="https://keras.io/examples/timeseries/timeseries_classification_from_scratch/",
    data="series",
)
def timeseries_fcn() -> Any:
    """Keras example "Timeseries classification from scratch" on the 500 samples of FordA."""
    inputs = x = series(500)
    for _ in range(3):
        x = layers.Conv1D(64, 3, padding="same")(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, layers.Dense(2, activation="softmax")(x))


@net(
    family="timeseries_autoencoder",
    task="anomaly",
    source="https://keras.io/examples/timeseries/timeseries_anomaly_detection/",
    data="series",
    published_parameters=9505,
)
def timeseries_autoencoder() -> Any:
    """Keras example "Timeseries anomaly detection using an Autoencoder": 288 samples."""
    inputs = x = series(288)
    options = {"padding": "same", "strides": 2, "activation": "relu"}
    x = layers.Dropout(0.2)(layers.Conv1D(32, 7, **options)(x))
    x = layers.Conv1D(16, 7, **options)(x)
    x = layers.Dropout(0.2)(layers.Conv1DTranspose(16, 7, **options)(x))
    x = layers.Conv1DTranspose(32, 7, **options)(x)
    return keras.Model(inputs, layers.Conv1DTranspose(1, 7, padding="same")(x))
