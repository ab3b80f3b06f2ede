"""What the type of a result says of operands that are not known yet."""

from __future__ import annotations

from perfcost.frontends.relay.inference import elementwise
from perfcost.frontends.relay.program import Node

Shape = tuple[int, ...]

_SAME = elementwise.UNARY | elementwise.BINARY | {"cast", "where", "qnn.quantize", "qnn.requantize"}
_SAME |= {"qnn.dequantize", "qnn.add", "qnn.mul", "qnn.subtract"}
_PRODUCTS = frozenset({"nn.dense", "qnn.dense", "nn.batch_matmul"})


def _filled(shape: Shape, by: Shape) -> Shape:
    """Unknown extents filled from a shape aligned at the end."""
    if len(by) < len(shape):
        return shape
    tail = by[len(by) - len(shape) :]
    return tuple(new if old == -1 else old for old, new in zip(shape, tail, strict=True))


def refine(node: Node, operands: list[Shape], result: Shape) -> list[Shape]:
    """Shapes of the operands, with what follows from the shape of the result filled in.

    Args:
        node: the call.
        operands: their shapes, tuples opened.
        result: the shape of the first result.
    """
    if node.op in _SAME:
        return [_filled(shape, result) for shape in operands]
    if node.op in _PRODUCTS and len(operands) > 1 and len(operands[1]) > 1 and operands[0]:
        return _product(node, operands, result)
    if node.op == "concatenate":
        return _parts(node, operands, result)
    if node.op == "take" and operands[0] == (-1, -1):
        return [(-1, result[-1]), *operands[1:]]
    return operands


def _product(node: Node, operands: list[Shape], result: Shape) -> list[Shape]:
    """The length of the sums is the same in both operands, the units are the result's."""
    data, weights = list(operands[0]), list(operands[1])
    turned = node.op == "nn.batch_matmul" and not node.options.flag("transpose_b", True)
    units, depth = (-1, -2) if turned else (-2, -1)
    if weights[units] == -1:
        weights[units] = result[-1]
    if not node.options.flag("transpose_a"):
        if data[-1] == -1:
            data[-1] = weights[depth]
        elif weights[depth] == -1:
            weights[depth] = data[-1]
    return [tuple(data), tuple(weights), *operands[2:]]


def _parts(node: Node, operands: list[Shape], result: Shape) -> list[Shape]:
    if any(len(shape) != len(result) for shape in operands) or not result:
        return operands
    axis = node.options.integer("axis", 0) % len(result)
    found = [
        tuple(
            extent if place == axis or extent != -1 else result[place]
            for place, extent in enumerate(shape)
        )
        for shape in operands
    ]
    open_ones = [place for place, shape in enumerate(found) if shape[axis] == -1]
    if len(open_ones) == 1 and result[axis] != -1:
        rest = result[axis] - sum(shape[axis] for shape in found if shape[axis] != -1)
        if rest >= 0:
            place = open_ones[0]
            shape = found[place]
            found[place] = (*shape[:axis], rest, *shape[axis + 1 :])
    return found
