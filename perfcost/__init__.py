"""perfcost: what a neural network costs on an Arm Ethos-U, before it is compiled.

>>> import perfcost
>>> perfcost.estimate("model.tflite", "ethos-u55-128").latency_ms  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from perfcost._version import __version__

if TYPE_CHECKING:
    from perfcost.builder import GraphBuilder
    from perfcost.errors import (
        CorruptModel,
        DynamicShape,
        InvalidGraph,
        LabelError,
        ModelError,
        ModelTooLarge,
        NotAModel,
        PerfcostError,
        PlacementError,
        PredictionError,
        TargetError,
        Unsupported,
        WeightsError,
    )
    from perfcost.estimation import (
        Estimate,
        ModelInfo,
        Note,
        OpEstimate,
        estimate,
        estimate_many,
        load,
    )
    from perfcost.graph import Graph

__all__ = [
    "CorruptModel",
    "DynamicShape",
    "Estimate",
    "Graph",
    "GraphBuilder",
    "InvalidGraph",
    "LabelError",
    "ModelError",
    "ModelInfo",
    "ModelTooLarge",
    "NotAModel",
    "Note",
    "OpEstimate",
    "PerfcostError",
    "PlacementError",
    "PredictionError",
    "TargetError",
    "Unsupported",
    "WeightsError",
    "__version__",
    "estimate",
    "estimate_many",
    "load",
]

_HOME = {
    "Graph": "perfcost.graph",
    "GraphBuilder": "perfcost.builder",
    **dict.fromkeys(
        ("Estimate", "ModelInfo", "Note", "OpEstimate", "estimate", "estimate_many", "load"),
        "perfcost.estimation",
    ),
}


def __getattr__(name: str) -> Any:
    """Imports what is asked for, so that ``import perfcost`` alone costs next to nothing."""
    home = _HOME.get(name, "perfcost.errors" if name in __all__ else None)
    if home is None:
        raise AttributeError(f"module 'perfcost' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
