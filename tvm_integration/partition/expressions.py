"""Relax expressions in A-normal form: what they read, and the same with other variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tvm import relax

from tvm_integration.partition.decision import NotPartitioned

_LEAVES = ("GenericConst", "Constant", "ShapeExpr", "PrimValue", "StringImm", "DataTypeImm",
           "GlobalVar", "Op", "ExternFunc", "IntImm", "FloatImm")  # fmt: skip


def reads(expr: Any) -> Iterator[Any]:
    """The variables of an expression, in order, each as often as it stands there."""
    if isinstance(expr, relax.Var):
        yield expr
    else:
        for part in _parts(expr):
            yield from reads(part)


def substituted(expr: Any, known: Mapping[Any, Any]) -> Any:
    """The expression with each variable replaced by what is known for it."""
    if isinstance(expr, relax.Var):
        return known[expr]
    if isinstance(expr, relax.Call):
        args = [substituted(arg, known) for arg in expr.args]
        return relax.Call(expr.op, args, expr.attrs, list(expr.ty_args), expr.span)
    if isinstance(expr, relax.Tuple):
        return relax.Tuple([substituted(field, known) for field in expr.fields], expr.span)
    if isinstance(expr, relax.TupleGetItem):
        return relax.TupleGetItem(substituted(expr.tuple_value, known), expr.index, expr.span)
    return expr


def _parts(expr: Any) -> list[Any]:
    if isinstance(expr, relax.Call):
        return [expr.op, *expr.args]
    if isinstance(expr, relax.Tuple):
        return list(expr.fields)
    if isinstance(expr, relax.TupleGetItem):
        return [expr.tuple_value]
    if type(expr).__name__ in _LEAVES:
        return []
    raise NotPartitioned(f"a {type(expr).__name__} stands among the bindings; only calls can move")
