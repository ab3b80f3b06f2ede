"""Which rules are tried for the call that an op ends with, in order."""

from __future__ import annotations

from perfcost.frontends.relay.lowering.rules import (
    decomposed,
    detection,
    elementwise,
    joins,
    movement,
    products,
    slices,
    windows,
)
from perfcost.frontends.relay.lowering.rules.context import Context, Rule

_PRODUCTS: dict[str, tuple[Rule, ...]] = {
    "nn.bias_add": (products.with_bias,),
    "add": (products.with_bias,),
    "qnn.requantize": (products.requantized, windows.narrowed, decomposed.scaled_activation),
    "cast": (windows.narrowed,),
    "nn.batch_norm": (products.normalized,),
    "nn.batch_matmul": (products.batch_matmul,),
    **dict.fromkeys(products.PRODUCTS, (products.alone,)),
}

RULES: dict[str, tuple[Rule, ...]] = {}
for _table in (
    detection.RULES,
    _PRODUCTS,
    decomposed.RULES,
    windows.RULES,
    joins.RULES,
    slices.RULES,
    movement.RULES,
    elementwise.RULES,
):
    for _op, _rules in _table.items():
        RULES[_op] = (*RULES.get(_op, ()), *_rules)

__all__ = ["RULES", "Context", "Rule"]
