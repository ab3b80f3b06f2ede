"""MobileNets of keras.applications."""

from typing import Any

import keras

from benchmarks.nets.registry import net


@net(
    family="mobilenet_v1",
    task="classification",
    source="keras.applications.MobileNet",
    data="image1",
    published_parameters=4253864,
    published_macs=569_000_000,
)
def mobilenet_v1_100_224() -> Any:
    """keras.applications.MobileNet, width 1.0; the paper gives 569 million MACs."""
    inputs = keras.Input((224, 224, 3), batch_size=1)
    return keras.applications.MobileNet(weights=None, input_tensor=inputs)


@net(
    family="mobilenet_v1",
    task="classification",
    source="keras.applications.MobileNet",
    data="image1",
    published_macs=14_000_000,
)
def mobilenet_v1_025_128() -> Any:
    """keras.applications.MobileNet, width 0.25 at 128 pixels."""
    inputs = keras.Input((128, 128, 3), batch_size=1)
    return keras.applications.MobileNet(weights=None, alpha=0.25, input_tensor=inputs)


@net(
    family="mobilenet_v2",
    task="classification",
    source="keras.applications.MobileNetV2",
    data="image1",
    published_macs=30_000_000,
)
def mobilenet_v2_035_160() -> Any:
    """keras.applications.MobileNetV2, width 0.35 at 160 pixels."""
    inputs = keras.Input((160, 160, 3), batch_size=1)
    return keras.applications.MobileNetV2(weights=None, alpha=0.35, input_tensor=inputs)


@net(
    family="mobilenet_v2",
    task="classification",
    source="keras.applications.MobileNetV2",
    data="image1",
    published_parameters=3538984,
    published_macs=300_000_000,
)
def mobilenet_v2_100_224() -> Any:
    """keras.applications.MobileNetV2, width 1.0; the paper gives 300 million MACs."""
    inputs = keras.Input((224, 224, 3), batch_size=1)
    return keras.applications.MobileNetV2(weights=None, input_tensor=inputs)


@net(
    family="mobilenet_v3",
    task="classification",
    source="keras.applications.MobileNetV3Small",
    data="image255",
    published_macs=56_000_000,
)
def mobilenet_v3_small_224() -> Any:
    """keras.applications.MobileNetV3Small with its preprocessing inside, as is the default."""
    inputs = keras.Input((224, 224, 3), batch_size=1)
    return keras.applications.MobileNetV3Small(weights=None, input_tensor=inputs)


@net(
    family="mobilenet_v3",
    task="classification",
    source="keras.applications.MobileNetV3Large",
    data="image255",
    published_macs=219_000_000,
)
def mobilenet_v3_large_224() -> Any:
    """keras.applications.MobileNetV3Large with its preprocessing inside, as is the default."""
    inputs = keras.Input((224, 224, 3), batch_size=1)
    return keras.applications.MobileNetV3Large(weights=None, input_tensor=inputs)
