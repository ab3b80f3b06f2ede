"""Images without convolutions: ViT and MLP-Mixer."""

from typing import Any

import keras
from keras import layers

from benchmarks.nets.blocks import AddPosition, image, mlp, patches
from benchmarks.nets.registry import net


@net(
    family="vit",
    task="classification",
    source="https://keras.io/examples/vision/image_classification_with_vision_transformer/",
    data="image1",
)
def vit_small_72() -> Any:
    """Keras example "Image classification with Vision Transformer": 8 blocks of width 64."""
    inputs = image(72)
    x = AddPosition()(layers.Dense(64)(patches(inputs, 6)))
    for _ in range(8):
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        x = layers.Add()([layers.MultiHeadAttention(4, 64, dropout=0.1)(y, y), x])
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        x = layers.Add()([mlp(y, (128, 64)), x])
    x = layers.LayerNormalization(epsilon=1e-6)(x)
    x = layers.Dropout(0.5)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(100)(mlp(x, (2048, 1024))))


@net(
    family="mlp_mixer",
    task="classification",
    source="https://keras.io/examples/vision/mlp_image_classification/",
    data="image1",
)
def mlp_mixer_64() -> Any:
    """Keras example "Image classification with modern MLP models": MLP-Mixer, 4 blocks of 256."""
    inputs = image(64)
    x = layers.Dense(256)(patches(inputs, 8))
    for _ in range(4):
        y = layers.Permute((2, 1))(layers.LayerNormalization(epsilon=1e-6)(x))
        y = layers.Dense(64)(layers.Dense(64, activation="gelu")(y))
        x = layers.Add()([layers.Permute((2, 1))(layers.Dropout(0.2)(y)), x])
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        y = layers.Dense(256)(layers.Dense(256, activation="gelu")(y))
        x = layers.Add()([x, layers.Dropout(0.2)(y)])
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling1D()(x))
    return keras.Model(inputs, layers.Dense(100)(x))
