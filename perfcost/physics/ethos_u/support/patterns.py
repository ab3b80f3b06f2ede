"""What Regor changes in a graph before it asks for constraints, or regardless of them.

Restates compiler/tflite_graph_optimiser.cpp and tflite/tflite_reader.cpp of Regor (Vela 5.2.0,
Apache-2.0): SPACE_TO_BATCH_ND, a convolution and BATCH_TO_SPACE_ND are one dilated convolution;
handles of variables go away; elementwise ops give shapeless results a shape; dead ops are dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from perfcost.graph import Graph, Links, Op, Tensor
from perfcost.physics.ethos_u.support.rule import padded

_LIKE_INPUT = frozenset({"ABS", "GELU", "ELU", "LEAKY_RELU", "LOGICAL_NOT", "NEG", "QUANTIZE"})
_LIKE_BOTH = frozenset(
    """ADD SUB MUL MINIMUM MAXIMUM DIV LOGICAL_AND LOGICAL_OR EQUAL GREATER GREATER_EQUAL
    NOT_EQUAL""".split()
)
_BY_SHAPE = {
    "RESHAPE": slice(0, 1),
    "EXPAND_DIMS": slice(0, 1),
    "RESIZE_BILINEAR": slice(0, 1),
    "RESIZE_NEAREST_NEIGHBOR": slice(0, 1),
    "TRANSPOSE_CONV": slice(1, None),
}
"""Ops whose result has a known shape: kind -> the inputs that matter beside it."""
_ALL = slice(None)
_VIEWS = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS"})


def needed(graph: Graph, on_npu: Sequence[bool]) -> set[int]:
    """Positions of the ops that an output depends on; an op without outputs is one itself.

    What an op of ``_BY_SHAPE`` is given beside its data is dropped once the op is on the NPU: most
    often the SHAPE, STRIDED_SLICE and PACK that compute what a RESHAPE's result states.
    """
    producer = Links.of(graph).producer
    pending = [producer[tensor] for tensor in graph.outputs if tensor in producer]
    pending += [at for at, op in enumerate(graph.ops) if not any(t >= 0 for t in op.outputs)]
    found: set[int] = set()
    while pending:
        at = pending.pop()
        if at not in found:
            found.add(at)
            op = graph.ops[at]
            used = _BY_SHAPE.get(op.kind, _ALL) if on_npu[at] else _ALL
            pending += [producer[t] for t in op.inputs[used] if t in producer]
    return found


def inferred_shapes(graph: Graph) -> tuple[Tensor, ...]:
    """The tensors of a graph, scalars that an elementwise op writes with the shape of its inputs.

    Constant scalars are vectors of one element to Regor.
    """
    if all(tensor.shape for tensor in graph.tensors):
        return graph.tensors
    tensors = [
        replace(tensor, shape=(1,)) if tensor.constant is not None and not tensor.shape else tensor
        for tensor in graph.tensors
    ]
    for op in graph.ops:
        wanted = 1 if op.kind in _LIKE_INPUT else 2 if op.kind in _LIKE_BOTH else 0
        shapes = [tensors[i].shape for i in op.inputs[:wanted] if i >= 0]
        if not wanted or len(shapes) < wanted or not all(shapes):
            continue
        for at in op.outputs:
            if at >= 0 and not tensors[at].shape:
                tensors[at] = replace(tensors[at], shape=_largest(shapes))
    return tuple(tensors)


def _largest(shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    rank = max(map(len, shapes))
    return tuple(map(max, zip(*(padded(shape, rank) for shape in shapes), strict=True)))


def lowered(graph: Graph, reasons: Sequence[object]) -> set[int]:
    """Positions of the VAR_HANDLEs whose readers and writers all run on the NPU."""
    consumers = Links.of(graph).consumers
    return {
        at
        for at, op in enumerate(graph.ops)
        if op.kind == "VAR_HANDLE"
        and op.outputs
        and all(reasons[user] is None for user in consumers.get(op.outputs[0], ()))
    }


def dilated(graph: Graph, runs: Callable[[Op], bool]) -> set[int]:
    """Positions of the ops that one dilated convolution stands for.

    Args:
        graph: the graph.
        runs: whether the NPU would run an op over the graph's tensors.
    """
    links = Links.of(graph)
    found: set[int] = set()
    for at, op in enumerate(graph.ops):
        if op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D") and op.activation == "NONE":
            before = _neighbour(graph, links, at, True)
            after = _neighbour(graph, links, at, False)
            if _matches(graph, before, "SPACE_TO_BATCH_ND") and _matches(
                graph, after, "BATCH_TO_SPACE_ND"
            ):
                merged = _merged(graph, op, graph.ops[before[-1]], graph.ops[after[-1]])
                if merged is not None and runs(merged):
                    found.update((*before, at, *after))
    return found


def _matches(graph: Graph, chain: tuple[int, ...], kind: str) -> bool:
    return bool(chain) and graph.ops[chain[-1]].kind == kind


def _neighbour(graph: Graph, links: Links, at: int, back: bool) -> tuple[int, ...]:
    """The op next to a convolution, after a reshape that only moves ones where there is one."""
    op = graph.ops[at]
    tensor = op.inputs[0] if back else op.outputs[0]
    if links.consumers.get(tensor, ()) != ((at,) if back else links.consumers.get(tensor, ())[:1]):
        return ()
    near = _step(links, tensor, back)
    if near is None or graph.ops[near].kind not in _VIEWS:
        return () if near is None else (near,)
    view = graph.ops[near]
    far_tensor = view.inputs[0] if back else view.outputs[0]
    shapes = [graph.tensors[i].shape for i in (view.inputs[0], view.outputs[0])]
    if [n for n in shapes[0] if n != 1] != [n for n in shapes[1] if n != 1]:
        return (near,)
    if len(links.consumers.get(far_tensor, ())) != 1:
        return (near,)
    far = _step(links, far_tensor, back)
    return (near,) if far is None else (near, far)


def _step(links: Links, tensor: int, back: bool) -> int | None:
    return links.producer.get(tensor) if back else next(iter(links.consumers.get(tensor, ())), None)


def _merged(graph: Graph, op: Op, space: Op, batch: Op) -> Op | None:
    """The convolution that stands for all three, with the padding that its result asks for."""
    constant = graph.tensors[space.inputs[1]].constant
    block = constant.values if constant else None
    image = padded(graph.tensors[space.inputs[0]].shape)
    result = padded(graph.tensors[batch.outputs[0]].shape)
    if not block or len(image) != 4 or len(result) != 4:
        return None
    dilation = block[0], block[-1] if len(block) > 1 else block[0]
    stride, window = op.pair("stride"), graph.tensors[op.inputs[1]].shape[1:3]
    totals = [
        max(
            (-(-result[axis + 1] // stride[axis]) - 1) * stride[axis]
            + (window[axis] - 1) * dilation[axis]
            + 1
            - image[axis + 1],
            0,
        )
        for axis in (0, 1)
    ]
    padding = totals[0] // 2, totals[1] // 2, (totals[0] + 1) // 2, (totals[1] + 1) // 2
    return replace(
        op,
        inputs=(space.inputs[0], *op.inputs[1:]),
        outputs=(batch.outputs[0],),
        attrs={**op.attrs, "dilation": dilation, "padding": padding},
    )
