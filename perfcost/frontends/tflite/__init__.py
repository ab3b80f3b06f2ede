"""The TensorFlow Lite front end."""

from perfcost.frontends.tflite.reader import read_tflite

__all__ = ["read_tflite"]
