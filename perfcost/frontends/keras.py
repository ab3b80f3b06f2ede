"""Models of Keras, by way of TensorFlow's converter."""

from __future__ import annotations

from typing import Any

from perfcost.errors import Unsupported
from perfcost.frontends.tflite import read_tflite
from perfcost.graph import Graph


def is_keras_model(thing: object) -> bool:
    """Whether an object is a model of Keras, which is not imported for it."""
    return any(
        "keras" in kind.__module__.split(".") and kind.__name__ == "Model"
        for kind in type(thing).__mro__
    )


def read_keras(model: Any, *, name: str = "model") -> Graph:
    """Converts a model to a .tflite in memory, and reads it.

    Raises:
        Unsupported: TensorFlow is missing or does not convert the model.
    """
    try:
        import tensorflow
    except ImportError as error:
        raise Unsupported(
            f"a model of Keras needs TensorFlow ({error}); install: "
            "pip install 'perfcost[tensorflow]'"
        ) from error
    try:
        data = tensorflow.lite.TFLiteConverter.from_keras_model(model).convert()
    except Exception as error:  # whatever the converter raises for a model it does not take
        words = str(error).strip().splitlines() or [type(error).__name__]
        raise Unsupported(
            f"TensorFlow's converter does not take the model ({words[0][:200]})"
        ) from error
    return read_tflite(data, name=name)
