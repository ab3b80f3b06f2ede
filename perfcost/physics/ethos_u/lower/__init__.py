"""What each op becomes on the NPU: the commands of one op, as drafts.

One function a kind of op. They restate the rewrites of Regor (``tflite_graph_optimiser.cpp``,
``graphir_optimiser.cpp``, ``softmax.cpp``; Vela 5.2.0, Apache-2.0), and were checked against the
commands in its tables. Folding between ops (padding, activations, views, copies) is in ``fold.py``.
"""

from perfcost.physics.ethos_u.lower.context import Context, activation, copy
from perfcost.physics.ethos_u.lower.joins import part_channel, view_copy
from perfcost.physics.ethos_u.lower.kinds import (
    JOIN_OPS,
    LUT_OPS,
    PART_OPS,
    RELU_OPS,
    RESIZE_OPS,
    VIEW_OPS,
)
from perfcost.physics.ethos_u.lower.table import lower

__all__ = [
    "JOIN_OPS",
    "LUT_OPS",
    "PART_OPS",
    "RELU_OPS",
    "RESIZE_OPS",
    "VIEW_OPS",
    "Context",
    "activation",
    "copy",
    "lower",
    "part_channel",
    "view_copy",
]
