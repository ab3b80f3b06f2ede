"""Memory of a CPU run of TFLite (LiteRT), from the graph alone."""

from perfcost.memory.arena import ArenaPlan, litert_arena

__all__ = ["ArenaPlan", "litert_arena"]
