"""Memory of a CPU run of TFLite (LiteRT), from the graph alone."""

from perfcost.memory.arena import ArenaPlan, litert_arena
from perfcost.memory.workspace import WorkspacePlan, xnnpack_workspace

__all__ = ["ArenaPlan", "WorkspacePlan", "litert_arena", "xnnpack_workspace"]
