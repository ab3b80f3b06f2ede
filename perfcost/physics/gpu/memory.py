"""What a run takes of a GPU's memory: which way of storing tensors the delegate chooses there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from perfcost.graph import Graph
from perfcost.memory.gpu import (
    HALF_BUFFERS,
    HALF_TEXTURES,
    SINGLE_TEXTURES,
    Storage,
    gpu_memory,
)
from perfcost.targets import MeasuredTarget, RooflineTarget

_BUFFERED = ("nvidia", "amd", "apple")
UNCHECKED = "memory_unchecked"


def storage_of(target: RooflineTarget) -> Storage:
    """How the delegate stores tensors there: as it does itself, by the vendor in the name."""
    if isinstance(target, MeasuredTarget) and target.software:
        return SINGLE_TEXTURES
    words = target.name
    if isinstance(target, MeasuredTarget):
        words += f" {target.device}"
    known = any(vendor in words.lower() for vendor in _BUFFERED)
    return HALF_BUFFERS if known else HALF_TEXTURES


def memory_bytes(
    graph: Graph, places: Collection[int], target: RooflineTarget
) -> tuple[dict[str, int], tuple[tuple[str, str], ...]]:
    """(area -> bytes that a run needs on the device, warnings).

    ``arena`` are the tensors of a run with its inputs and outputs, ``weights`` the constants as the
    device holds them, ``workspace`` the block of small parameters; all of it is in the memory that
    the profile names.

    Args:
        places: of the ops that the GPU runs; what passes between them and others is counted as
            inputs and outputs are.
    """
    if not places:
        return {}, ()
    storage = storage_of(target)
    plan = gpu_memory(_alone(graph, places), storage)
    found = {
        "arena": plan.tensor_bytes + plan.in_out_bytes,
        "weights": plan.constant_bytes,
        "workspace": plan.uniform_bytes,
    }
    found[target.main.name] = sum(found.values())
    if storage is SINGLE_TEXTURES:
        return found, ()
    words = (
        f"the memory on {target.name} is that of the delegate's published source; only on "
        "gpu-swiftshader was it held against what the delegate allocates"
    )
    return found, ((UNCHECKED, words),)


def _alone(graph: Graph, places: Collection[int]) -> Graph:
    """The ops that the GPU runs, with what they take from others and give to them."""
    if len(places) == len(graph.ops):
        return graph
    kept = [op for place, op in enumerate(graph.ops) if place in places]
    others = [op for place, op in enumerate(graph.ops) if place not in places]
    made = {tensor for op in kept for tensor in op.outputs if tensor >= 0}
    wanted = {tensor for op in others for tensor in op.inputs} | set(graph.outputs)
    read = dict.fromkeys(tensor for op in kept for tensor in op.inputs if tensor >= 0)
    inputs = [t for t in read if t not in made and graph.tensors[t].constant is None]
    outputs = [tensor for tensor in made if tensor in wanted]
    return replace(graph, ops=tuple(kept), inputs=tuple(inputs), outputs=tuple(sorted(outputs)))
