"""Memory of a run on a GPU behind LiteRT's delegate, from the graph alone (``docs/memory.md``)."""

from perfcost.memory.gpu.plan import GpuPlan, gpu_memory
from perfcost.memory.gpu.storage import HALF_BUFFERS, HALF_TEXTURES, SINGLE_TEXTURES, Storage

__all__ = [
    "HALF_BUFFERS",
    "HALF_TEXTURES",
    "SINGLE_TEXTURES",
    "GpuPlan",
    "Storage",
    "gpu_memory",
]
