"""Models of Keras: priced as what TensorFlow's converter makes of them."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

import pytest

import perfcost
from perfcost.errors import Unsupported
from perfcost.frontends.keras import is_keras_model
from perfcost.spaces.tflite_writer import NetBuilder

needs_tensorflow = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None,
    reason="needs the extra 'tensorflow', which is in the environment of make check-all",
)


def functional() -> Any:
    import keras

    layers = keras.layers
    x = inputs = keras.Input((32, 32, 3), batch_size=1)
    x = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu6")(x)
    x = layers.DepthwiseConv2D(3, padding="same", activation="relu6")(x)
    x = layers.Conv2D(16, 1, padding="same")(x)
    x = layers.Dense(10)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, x, name="functional")


def twin() -> bytes:
    """The same network by our own writer, quantised."""
    net = NetBuilder()
    x = net.conv(net.input([1, 32, 32, 3]), 16, 3, 2, act="relu6")
    x = net.conv(net.depthwise(x, 3, act="relu6"), 16, 1)
    net.fully_connected(net.mean(x, [1, 2]), 10)
    return net.build()


@needs_tensorflow
@pytest.mark.parametrize("target", ["ethos-u55-128", "ethos-u65-256"])
def test_a_model_costs_what_its_twin_costs(target: str) -> None:
    found = perfcost.estimate(functional(), target, assume_int8=True)
    wanted = perfcost.estimate(twin(), target)
    assert found.model.name == "functional"
    assert [op.kind for op in found.ops] == [op.kind for op in wanted.ops]
    assert found.latency_ms == pytest.approx(wanted.latency_ms, rel=0.03)


@needs_tensorflow
def test_a_sequential_model_is_a_model() -> None:
    import keras

    model = keras.Sequential([keras.Input((8,), batch_size=1), keras.layers.Dense(4)])
    assert is_keras_model(model)
    assert perfcost.load(model).ops[0].kind == "FULLY_CONNECTED"


@needs_tensorflow
def test_a_model_that_the_converter_refuses_is_named() -> None:
    import keras

    class Broken(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            import tensorflow

            return tensorflow.strings.length(tensorflow.strings.as_string(x))

    inputs = keras.Input((8,), batch_size=1)
    with pytest.raises(Unsupported, match="converter does not take the model"):
        perfcost.load(keras.Model(inputs, Broken()(inputs)))


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = type("Model", (), {"__module__": "keras.src.models.model", "name": "mine"})
    assert is_keras_model(kind())
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(Unsupported, match=r"pip install 'perfcost\[tensorflow\]'"):
        perfcost.estimate(kind(), "ethos-u55-128")


def test_what_is_no_model_of_keras_is_not_taken_for_one() -> None:
    kind = type("Model", (), {"__module__": "mykeras.models"})
    assert not is_keras_model(kind())
    assert not is_keras_model(b"TFL3")
