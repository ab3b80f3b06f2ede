"""Sets the statistics that training would have set, from a few forward passes."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from benchmarks.nets.weights import flat_layers

LOGIT_SPREAD = 2.5  # standard deviation of the outputs before the last activation


def _coarse(values: Any) -> npt.NDArray[np.float32]:
    """Keep 12 significant bits, so that the last bits of a sum do not matter."""
    bits = np.asarray(values, dtype=np.float32).view(np.uint32)
    return ((bits + np.uint32(0x800)) & np.uint32(0xFFFFF000)).view(np.float32)


def batch_statistics(model: Any, inputs: npt.NDArray[np.generic]) -> None:
    """Make the moving statistics of every BatchNormalization those of this batch."""
    for layer in flat_layers(model):
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
        elif hasattr(layer, "rate"):
            layer.rate = 0.0
    model(inputs, training=True)
    for layer in flat_layers(model):
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_mean.assign(_coarse(layer.moving_mean))
            layer.moving_variance.assign(_coarse(layer.moving_variance))


def _last_weighted(tensor: Any) -> Any | None:
    """The layer with a kernel that gives an output, behind layers without weights."""
    while True:
        history = tensor._keras_history
        layer = history.operation
        if isinstance(layer, keras.layers.InputLayer | keras.Model):
            return None
        if isinstance(getattr(layer, "bias", None), keras.Variable) and hasattr(layer, "kernel"):
            return layer
        inputs = layer._inbound_nodes[history.node_index].input_tensors
        if len(inputs) != 1 or getattr(layer, "variables", None):
            return None
        tensor = inputs[0]


def output_layers(model: Any, inputs: npt.NDArray[np.generic]) -> None:
    """Centre and scale the last kernels, so that the answer depends on the input as if trained."""
    found = {id(x): x for x in map(_last_weighted, model.outputs) if x is not None}
    for layer in found.values():
        activation, layer.activation = layer.activation, keras.activations.linear
        features = keras.Model(model.inputs, layer._inbound_nodes[0].input_tensors[0])
        logits = np.asarray(layer(features(inputs, training=False)))
        axes = tuple(range(logits.ndim - 1))
        gain = LOGIT_SPREAD / max(float(logits.std(axis=axes).mean()), 1e-6)
        gain = min(gain, 1000.0)
        centre = logits.mean(axis=axes) - np.asarray(layer.bias)
        drawn = 3.0 * np.asarray(layer.bias)
        layer.kernel.assign(np.asarray(layer.kernel) * _coarse(gain))
        layer.bias.assign(_coarse(drawn - 0.9 * centre * gain))
        layer.activation = activation
