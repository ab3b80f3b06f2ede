"""Memory of a CPU run of TFLite (LiteRT), from the graph alone.

TFLite's own kernels share an arena (``litert_arena``); under the default delegate most activations
lie in XNNPACK's workspace instead (``xnnpack_workspace``); constants are ``weight_bytes``, and all
of a run ``litert_bytes``. Runs on a GPU are in ``perfcost.memory.gpu``.
"""

from perfcost.memory.arena import ArenaPlan, litert_arena
from perfcost.memory.machine import CORTEX_A55, X86, Machine
from perfcost.memory.run import litert_bytes
from perfcost.memory.weights import WeightBytes, weight_bytes
from perfcost.memory.workspace import WorkspacePlan, xnnpack_workspace

__all__ = [
    "CORTEX_A55",
    "X86",
    "ArenaPlan",
    "Machine",
    "WeightBytes",
    "WorkspacePlan",
    "litert_arena",
    "litert_bytes",
    "weight_bytes",
    "xnnpack_workspace",
]
