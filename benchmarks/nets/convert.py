"""From a Keras model to the bytes of a .tflite file, by the TFLite converter."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import keras
import tensorflow as tf

from benchmarks.nets.registry import Net
from benchmarks.nets.samples import batch, sample
from benchmarks.nets.settle import batch_statistics, output_layers
from benchmarks.nets.weights import assign

tf.config.threading.set_intra_op_parallelism_threads(1)  # one order of summation
tf.config.experimental.enable_op_determinism()

SETTLE, CALIBRATE = 8, 8  # inputs that set the statistics, and inputs of the converter


def tensorflow_version() -> str:
    """The version that converts; the bytes of a file hold for this one only."""
    return str(tf.__version__)


def prepared(net: Net) -> Any:
    """The Keras model with its weights and statistics."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    model = net.build()
    assign(model, net.name)
    inputs = batch(net.data, tuple(model.input_shape[1:]), net.name, SETTLE)
    batch_statistics(model, inputs)
    output_layers(model, inputs)
    return model


def _convert(converter: Any) -> bytes:
    """Run the converter without the report that Keras prints of every export."""
    with contextlib.redirect_stdout(io.StringIO()):
        return bytes(converter.convert())


def to_int8(net: Net, model: Any) -> bytes:
    """Full int8, inputs and outputs too where they are not integers already."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    shape = tuple(model.input_shape[1:])
    converter.representative_dataset = lambda: (
        [sample(net.data, shape, net.name, index)[None]] for index in range(CALIBRATE)
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    if not net.data.startswith("tokens:"):
        converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    return _convert(converter)


def to_float(model: Any) -> bytes:
    """Float32 throughout."""
    return _convert(tf.lite.TFLiteConverter.from_keras_model(model))
