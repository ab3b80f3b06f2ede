"""Held-out test nets: Keras and TensorFlow examples, converted by the TFLite converter.

Importing this package needs nothing beyond Python; building the nets needs TensorFlow.
"""

from pathlib import Path

FLOAT_IR = Path(__file__).with_name("ir_float")
"""The test nets as float32: graphs without weights, of `python -m benchmarks.nets.floats`."""
