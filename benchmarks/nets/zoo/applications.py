"""The larger nets of keras.applications: residual, dense, searched, Inception, VGG, ConvNeXt."""

from typing import Any

import keras

from benchmarks.nets.registry import net


def _image(side: int) -> Any:
    return keras.Input((side, side, 3), batch_size=1)


@net(
    family="resnet",
    task="classification",
    source="keras.applications.ResNet50",
    data="image1",
    published_parameters=25636712,
    published_macs=3_800_000_000,
)
def resnet50_224() -> Any:
    """keras.applications.ResNet50; the paper gives 3.8 billion MACs."""
    return keras.applications.ResNet50(weights=None, input_tensor=_image(224))


@net(
    family="resnet_v2",
    task="classification",
    source="keras.applications.ResNet50V2",
    data="image1",
    published_parameters=25613800,
)
def resnet50v2_160() -> Any:
    """keras.applications.ResNet50V2 (pre-activation) at 160 pixels."""
    return keras.applications.ResNet50V2(weights=None, input_tensor=_image(160))


@net(
    family="densenet",
    task="classification",
    source="keras.applications.DenseNet121",
    data="image1",
    published_parameters=8062504,
    published_macs=2_870_000_000,
)
def densenet121_224() -> Any:
    """keras.applications.DenseNet121."""
    return keras.applications.DenseNet121(weights=None, input_tensor=_image(224))


@net(
    family="nasnet",
    task="classification",
    source="keras.applications.NASNetMobile",
    data="image1",
    published_parameters=5326716,
    published_macs=564_000_000,
)
def nasnet_mobile_224() -> Any:
    """keras.applications.NASNetMobile; the paper gives 564 million MACs."""
    return keras.applications.NASNetMobile(weights=None, input_tensor=_image(224))


@net(
    family="efficientnet",
    task="classification",
    source="keras.applications.EfficientNetB0",
    data="image255",
    published_parameters=5330571,
    published_macs=390_000_000,
)
def efficientnet_b0_224() -> Any:
    """keras.applications.EfficientNetB0 with its preprocessing inside; 0.39 billion MACs."""
    return keras.applications.EfficientNetB0(weights=None, input_tensor=_image(224))


@net(
    family="efficientnet_v2",
    task="classification",
    source="keras.applications.EfficientNetV2B0",
    data="image255",
    published_parameters=7200312,
)
def efficientnet_v2_b0_224() -> Any:
    """keras.applications.EfficientNetV2B0 with its preprocessing inside."""
    return keras.applications.EfficientNetV2B0(weights=None, input_tensor=_image(224))


@net(
    family="inception",
    task="classification",
    source="keras.applications.InceptionV3",
    data="image1",
    published_parameters=23851784,
    published_macs=5_700_000_000,
)
def inception_v3_299() -> Any:
    """keras.applications.InceptionV3; about 5.7 billion MACs."""
    return keras.applications.InceptionV3(weights=None, input_tensor=_image(299))


@net(
    family="xception",
    task="classification",
    source="keras.applications.Xception",
    data="image1",
    published_parameters=22910480,
    published_macs=8_400_000_000,
)
def xception_299() -> Any:
    """keras.applications.Xception; about 8.4 billion MACs."""
    return keras.applications.Xception(weights=None, input_tensor=_image(299))


@net(
    family="vgg",
    task="classification",
    source="keras.applications.VGG16",
    data="image1",
)
def vgg16_128() -> Any:
    """keras.applications.VGG16 at 128 pixels, which shrinks its first dense layer."""
    return keras.applications.VGG16(weights=None, input_tensor=_image(128))


@net(
    family="convnext",
    task="classification",
    source="keras.applications.ConvNeXtTiny",
    data="image255",
    published_parameters=28589128,
    published_macs=4_500_000_000,
)
def convnext_tiny_224() -> Any:
    """keras.applications.ConvNeXtTiny; the paper gives 4.5 billion MACs."""
    return keras.applications.ConvNeXtTiny(weights=None, input_tensor=_image(224))
