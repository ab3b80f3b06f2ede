"""The table of shape rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perfcost.errors import DynamicShape, InvalidGraph
from perfcost.graph import AttrValue, Tensor, elements_of
from perfcost.limits import MAX_RANK
from perfcost.shapes.call import Call, Rule, Shape
from perfcost.shapes.elementwise import ELEMENT_RULES
from perfcost.shapes.movement import MOVEMENT_RULES
from perfcost.shapes.pieces import PIECE_RULES
from perfcost.shapes.windows import WINDOW_RULES

RULES: Mapping[str, Rule] = {**ELEMENT_RULES, **MOVEMENT_RULES, **PIECE_RULES, **WINDOW_RULES}


def has_rule(kind: str) -> bool:
    """Whether ``infer_shapes`` knows this kind."""
    return kind in RULES


def infer_shapes(
    kind: str,
    inputs: Sequence[Tensor | None],
    attrs: Mapping[str, AttrValue],
    outputs: int = 1,
) -> tuple[Shape, ...]:
    """Shapes of an op's outputs.

    Args:
        kind: the TFLite builtin.
        inputs: operands in order, ``None`` where absent; integer operands that steer the op (axes,
            pads, a shape) as constants with values.
        attrs: attributes of the IR, the padding explicit.
        outputs: number of outputs.

    Raises:
        InvalidGraph: the operands do not fit the op.
        DynamicShape: there is no rule for the kind, or the shape depends on unknown values.
        ModelTooLarge: an output has more than 2^62 elements.
    """
    rule = RULES.get(kind)
    if rule is None:
        raise DynamicShape(f"there is no rule for the shape of {kind}; give the shape")
    shapes = tuple(tuple(shape) for shape in rule(Call(kind, inputs, attrs, outputs)))
    if len(shapes) != outputs:
        raise InvalidGraph(f"{kind} has {outputs} outputs, expected {len(shapes)}")
    for shape in shapes:
        if min(shape, default=0) < 0 or len(shape) > MAX_RANK:
            raise InvalidGraph(f"{kind} would give shape {list(shape)}, which is none")
        elements_of(shape)
    return shapes
