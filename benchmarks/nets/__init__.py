"""Held-out test nets: Keras and TensorFlow examples, converted by the TFLite converter.

Importing this package needs nothing beyond Python; building the nets needs TensorFlow.
"""
