"""Gives every layer of a Keras model weights that look trained (see README.md)."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from benchmarks.nets.draws import UNIT, Draws, normal_table
from benchmarks.nets.entropy import target
from benchmarks.nets.heavy_tails import draw

Array = npt.NDArray[np.float32]
SHARED_RANK = 0.7  # correlation of a layer's entropy with its net's, on trained nets about 0.7
NEAR_DEAD = 2000  # of 65,536 channels: 3 %


def flat_layers(model: Any) -> list[Any]:
    """The layers of a model and of the models inside it."""
    return list(model._flatten_layers(include_self=False, recursive=True))


def _normal_rank(z: float) -> float:
    """The share of the normal distribution below z."""
    return float(np.searchsorted(normal_table(), z * UNIT)) / 65536


def _layout(layer: Any, name: str, shape: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    """The kind of a kernel and which of its axes are output channels."""
    last = len(shape) - 1
    if "depthwise" in name or isinstance(layer, keras.layers.DepthwiseConv2D):
        return "DEPTHWISE_CONV_2D", (last - 1, last)
    if isinstance(layer, (keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose)):
        return "CONV_2D", (last - 1,)
    if isinstance(layer, keras.layers.EinsumDense):
        bias_rank = len(layer.bias.shape) if layer.bias is not None else 1
        return "FULLY_CONNECTED", tuple(range(last + 1 - bias_rank, last + 1))
    if isinstance(layer, keras.layers.Dense):
        return "FULLY_CONNECTED", (last,)
    return "CONV_2D", (last,)


def _fan_in(layer: Any, rows: int) -> float:
    """Inputs that one output adds up; a transposed convolution spreads them over its stride."""
    if isinstance(layer, (keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose)):
        return max(1.0, rows / float(np.prod(layer.strides)))
    return float(rows)


def _kernel(layer: Any, name: str, shape: tuple[int, ...], draws: Draws, net_rank: float) -> Array:
    """A kernel with heavy tails, He-scaled, with a spread of scales over the channels."""
    kind, out_axes = _layout(layer, name, shape)
    in_axes = tuple(axis for axis in range(len(shape)) if axis not in out_axes)
    rows = int(np.prod([shape[axis] for axis in in_axes], dtype=np.int64))
    columns = int(np.prod([shape[axis] for axis in out_axes], dtype=np.int64))
    own = float(draws.normal(1)[0])
    z = SHARED_RANK * net_rank + float(np.sqrt(1 - SHARED_RANK**2)) * own
    matrix = draw(draws, rows, columns, target(kind, rows * columns, _normal_rank(z)))
    activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
    gain = 1.0 if activation in ("linear", "softmax", "sigmoid", "tanh") else 2.0
    spread = np.exp2(0.3 * draws.normal(columns))
    matrix = matrix * (spread * np.sqrt(gain / _fan_in(layer, rows)))
    order = in_axes + out_axes
    tensor = matrix.reshape([shape[axis] for axis in order])
    return np.transpose(tensor, np.argsort(order)).astype(np.float32)


def _gamma(shape: tuple[int, ...], draws: Draws) -> npt.NDArray[np.float64]:
    """Normalisation gains around 1, and a few channels nearly dead."""
    gains = np.exp2(0.5 * draws.normal(*shape))
    dead = draws.below(65536, *shape) < NEAR_DEAD
    return np.where(dead & (gains.size >= 16), gains / 128, gains)


def _other(name: str, shape: tuple[int, ...], draws: Draws) -> npt.NDArray[np.float64] | None:
    """Values of the variables that are not kernels; None leaves them as they are."""
    if name == "gamma":
        return _gamma(shape, draws)
    if name == "beta":
        return 0.25 * draws.normal(*shape)
    if name == "bias":
        return 0.1 * draws.normal(*shape)
    if name in ("embeddings", "position"):
        return 0.5 * draws.normal(*shape)
    return None


def assign(model: Any, net_name: str) -> None:
    """Overwrite every kernel, bias, gain and embedding of the model; the name is the seed."""
    net_rank = float(Draws("net-rank", net_name).normal(1)[0])
    number = 0
    for layer in flat_layers(model):
        scaled = type(layer).__name__ == "LayerScale"
        for variable in layer._trainable_variables:
            draws = Draws("weights", net_name, number)
            number += 1
            name, shape = variable.name, tuple(variable.shape)
            if name.endswith("kernel"):
                variable.assign(_kernel(layer, name, shape, draws, net_rank))
                continue
            values = _other(name, shape, draws)
            if values is not None:
                variable.assign((values * (0.25 if scaled else 1.0)).astype(np.float32))
