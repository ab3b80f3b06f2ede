"""The door to the writer of .tflite files; its rooms are in ``perfcost.spaces.writer``."""

from perfcost.spaces.writer.builder import NetBuilder
from perfcost.spaces.writer.records import Size, Tensor

__all__ = ["NetBuilder", "Size", "Tensor"]
