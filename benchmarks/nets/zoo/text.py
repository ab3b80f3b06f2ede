"""Text classifiers: their inputs are int32 token ids, looked up by GATHER."""

from typing import Any

import keras
from keras import layers

from benchmarks.nets.blocks import AddPosition, tokens
from benchmarks.nets.registry import net


@net(
    family="text_average",
    task="text",
    source="https://www.tensorflow.org/tutorials/keras/text_classification",
    data="tokens:10000",
    published_parameters=160017,
)
def text_average() -> Any:
    """TensorFlow tutorial "Basic text classification": embedding, average, dense."""
    inputs = tokens(250)
    x = layers.Dropout(0.2)(layers.Embedding(10000, 16)(inputs))
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling1D()(x))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))


@net(
    family="text_cnn",
    task="text",
    source="https://keras.io/examples/nlp/text_classification_from_scratch/",
    data="tokens:20000",
)
def text_cnn() -> Any:
    """Keras example "Text classification from scratch": two 1-D convolutions of stride 3."""
    inputs = tokens(500)
    x = layers.Dropout(0.5)(layers.Embedding(20000, 128)(inputs))
    for _ in range(2):
        x = layers.Conv1D(128, 7, padding="valid", activation="relu", strides=3)(x)
    x = layers.GlobalMaxPooling1D()(x)
    x = layers.Dropout(0.5)(layers.Dense(128, activation="relu")(x))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))


@net(
    family="text_transformer",
    task="text",
    source="https://keras.io/examples/nlp/text_classification_with_transformer/",
    data="tokens:20000",
)
def text_transformer() -> Any:
    """Keras example "Text classification with Transformer": one block, two heads, width 32."""
    inputs = tokens(200)
    x = AddPosition()(layers.Embedding(20000, 32)(inputs))
    attended = layers.Dropout(0.1)(layers.MultiHeadAttention(2, 32)(x, x))
    x = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([x, attended]))
    hidden = layers.Dense(32)(layers.Dense(32, activation="relu")(x))
    x = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([x, layers.Dropout(0.1)(hidden)]))
    x = layers.Dropout(0.1)(layers.GlobalAveragePooling1D()(x))
    x = layers.Dropout(0.1)(layers.Dense(20, activation="relu")(x))
    return keras.Model(inputs, layers.Dense(2, activation="softmax")(x))
