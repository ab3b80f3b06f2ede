"""Detection heads of the Keras examples: RetinaNet, keypoints."""

from typing import Any

import keras
from keras import layers

from benchmarks.nets.blocks import image
from benchmarks.nets.registry import net


def _pyramid(base: Any) -> list[Any]:
    """Feature pyramid of five levels, 256 channels each."""
    names = ("conv3_block4_out", "conv4_block6_out", "conv5_block3_out")
    c3, c4, c5 = (base.get_layer(name).output for name in names)
    p3, p4, p5 = (layers.Conv2D(256, 1, padding="same")(c) for c in (c3, c4, c5))
    p4 = layers.Add()([p4, layers.UpSampling2D(2)(p5)])
    p3 = layers.Add()([p3, layers.UpSampling2D(2)(p4)])
    p3, p4, p5 = (layers.Conv2D(256, 3, padding="same")(p) for p in (p3, p4, p5))
    p6 = layers.Conv2D(256, 3, strides=2, padding="same")(c5)
    p7 = layers.Conv2D(256, 3, strides=2, padding="same")(layers.ReLU()(p6))
    return [p3, p4, p5, p6, p7]


def _head(outputs: int) -> list[Any]:
    """Four convolutions and an output, shared by the levels."""
    hidden = [layers.Conv2D(256, 3, padding="same", activation="relu") for _ in range(4)]
    return [*hidden, layers.Conv2D(outputs, 3, padding="same")]


def _over_levels(head: list[Any], levels: list[Any], width: int) -> Any:
    """Apply a head to each level and join the anchors."""
    results = []
    for x in levels:
        for layer in head:
            x = layer(x)
        results.append(layers.Reshape((-1, width))(x))
    return layers.Concatenate(axis=1)(results)


@net(
    family="retinanet",
    task="detection",
    source="https://keras.io/examples/vision/retinanet/",
    data="image1",
)
def retinanet_256() -> Any:
    """Keras example "Object Detection with RetinaNet": ResNet50, FPN, shared heads, 256 pixels."""
    inputs = image(256)
    base = keras.applications.ResNet50(weights=None, include_top=False, input_tensor=inputs)
    levels = _pyramid(base)
    classes = _over_levels(_head(9 * 80), levels, 80)
    boxes = _over_levels(_head(9 * 4), levels, 4)
    return keras.Model(inputs, layers.Concatenate(axis=-1)([boxes, classes]))


@net(
    family="keypoints",
    task="keypoints",
    source="https://keras.io/examples/vision/keypoint_detection/",
    data="image1",
)
def keypoints_224() -> Any:
    """Keras example "Keypoint Detection with Transfer Learning": MobileNetV2, separable head."""
    inputs = image(224)
    base = keras.applications.MobileNetV2(weights=None, include_top=False, input_tensor=inputs)
    x = layers.Dropout(0.3)(base.output)
    x = layers.SeparableConv2D(48, 5, strides=1, activation="relu")(x)
    x = layers.SeparableConv2D(48, 3, strides=1, activation="sigmoid")(x)
    return keras.Model(inputs, x)
