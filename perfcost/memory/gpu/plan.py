"""The memory of a run on LiteRT's GPU delegate, without running it."""

from __future__ import annotations

from dataclasses import dataclass

from perfcost.graph import Graph
from perfcost.memory.gpu.constants import constant_bytes
from perfcost.memory.gpu.joining import shaders
from perfcost.memory.gpu.nodes import Program
from perfcost.memory.gpu.pools import Use, equals, greedy
from perfcost.memory.gpu.storage import Storage, four_axes, stored_bytes
from perfcost.ops.operands import check_operands

UNIFORM_BYTES = 1 << 20
"""The block of small parameters that the delegate takes at once, whatever the network."""


@dataclass(frozen=True, slots=True)
class GpuPlan:
    """Bytes on the device.

    ``tensor_bytes`` are tensors of a run, inputs and outputs among them; ``in_out_bytes`` the
    buffers beside them that inputs come in and results go out by; ``constant_bytes`` weights.
    """

    tensor_bytes: int
    in_out_bytes: int
    constant_bytes: int
    uniform_bytes: int = UNIFORM_BYTES


def gpu_memory(graph: Graph, storage: Storage) -> GpuPlan:
    """What a run takes of a device that stores tensors so.

    The graph is taken to run on the GPU alone. Control flow does not: it is refused.

    Raises:
        InvalidGraph: an op lacks an input or a result, or its rank.
    """
    check_operands(graph)
    ends = [tensor for tensor in (*graph.inputs, *graph.outputs) if _is_run(graph, tensor)]
    sizes = {
        tensor: stored_bytes(four_axes(graph.tensors[tensor].shape), storage) for tensor in ends
    }
    # Ends of one shape share a tensor: they are filled and read one after another.
    distinct = {four_axes(graph.tensors[tensor].shape): size for tensor, size in sizes.items()}
    uses = _uses(shaders(graph), frozenset(ends), storage)
    pooled = equals(uses) if storage.textures else greedy(uses)
    return GpuPlan(
        tensor_bytes=sum(distinct.values()) + pooled,
        in_out_bytes=sum(sizes.values()),
        constant_bytes=constant_bytes(graph, storage),
    )


def _is_run(graph: Graph, tensor: int) -> bool:
    return tensor >= 0 and graph.tensors[tensor].constant is None


def _uses(program: Program, ends: frozenset[int], storage: Storage) -> list[Use]:
    """When each tensor between shaders is written first and read last.

    In the order of their numbers, in which the delegate shares them out.
    """
    lives: dict[int, tuple[int, int]] = {}
    for at, node in enumerate(program.nodes):
        for tensor in (*node.reads, *node.writes):
            if tensor not in ends:
                lives[tensor] = lives.get(tensor, (at, at))[0], at
    made = [tensor for op in program.graph.ops for tensor in op.outputs]
    found = []
    for tensor in dict.fromkeys((*made, *program.shapes)):
        if tensor in lives:
            shape = program.shape(tensor)
            found.append(
                Use(
                    stored_bytes(shape, storage), *lives[tensor], (shape, tensor in program.weights)
                )
            )
    return found
