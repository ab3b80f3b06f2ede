"""From TVM's objects to plain records, by the names of their classes: TVM is never imported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from perfcost.errors import DynamicShape, InvalidGraph, ModelTooLarge, Unsupported
from perfcost.frontends.relax.steps import (
    Attr,
    Operand,
    Program,
    Ref,
    Refs,
    Shape,
    Step,
    Value,
)
from perfcost.limits import MAX_OPS

_MAX_CALLS = 64
"""Functions that may call each other, one inside the other."""

Known = Operand


def read_program(module: Any) -> Program:
    """The function ``main`` of a module, or its only one, with what it calls inlined.

    Raises:
        InvalidGraph: no such function.
        DynamicShape: an extent that is not a number.
        Unsupported: control flow.
    """
    functions = {_name(name): function for name, function in module.functions.items()}
    graphs = {name: f for name, f in functions.items() if _class(f) == "Function"}
    if "main" not in graphs and len(graphs) != 1:
        raise InvalidGraph(
            f"a module of the functions {sorted(graphs) or 'none'} came, expected one called main"
        )
    name = "main" if "main" in graphs else next(iter(graphs))
    return _Reader(graphs).read(graphs[name])


class _Reader:
    def __init__(self, functions: Mapping[str, Any]) -> None:
        self._functions = functions
        self._values: list[Value] = []
        self._steps: list[Step] = []
        self._calls = 0

    def read(self, function: Any) -> Program:
        inputs = []
        scope: dict[Any, Known] = {}
        for param in function.params:
            inputs.append(self._value(_name(param), _type(param)))
            scope[_identity(param)] = Ref(inputs[-1])
        found = self._body(function.body, scope, 0)
        outputs = found.values if isinstance(found, Refs) else (found.value,)
        return Program(tuple(self._values), tuple(self._steps), tuple(inputs), outputs)

    def _body(self, body: Any, scope: dict[Any, Known], depth: int) -> Ref | Refs:
        if _class(body) != "SeqExpr":
            return self._known(body, scope)
        for block in body.blocks:
            for binding in block.bindings:
                scope[_identity(binding.var)] = self._bound(binding, scope, depth)
        return self._known(body.body, scope)

    def _bound(self, binding: Any, scope: dict[Any, Known], depth: int) -> Known:
        kind = _class(binding)
        name = _name(binding.var)
        value = binding.value
        if kind == "MatchCast" or _class(value) != "Call":
            if _class(value) == "If":
                raise Unsupported(
                    "control flow (an If) came, expected operators; price its branches apart",
                    op=f"{name}: If",
                )
            return self._operand(value, scope)
        callee = value.op
        if _class(callee) == "GlobalVar" and _name(callee) in self._functions:
            return self._inlined(_name(callee), value.args, scope, depth)
        if _class(callee) in ("Var", "DataflowVar", "Function"):
            raise Unsupported(
                "a call of a local function came, expected operators; run LambdaLift", op=name
            )
        op = str(getattr(callee, "name", "") or getattr(callee, "global_symbol", "call"))
        operands = tuple(self._operand(arg, scope) for arg in value.args)
        made = self._made(name, binding.var)
        values = made.values if isinstance(made, Refs) else (made.value,)
        attrs = _attributes(value.attrs)
        self._steps.append(Step(op.removeprefix("relax."), operands, attrs, values, name))
        return made

    def _inlined(
        self, name: str, args: Iterable[Any], scope: dict[Any, Known], depth: int
    ) -> Ref | Refs:
        if depth >= _MAX_CALLS:
            raise Unsupported(
                f"calls deeper than {_MAX_CALLS} came (a recursion?), expected functions that end"
            )
        self._calls += 1
        if self._calls > MAX_OPS:  # functions that call each other twice double at each level
            raise ModelTooLarge(f"more calls of functions came than the limit of {MAX_OPS}")
        function = self._functions[name]
        inner: dict[Any, Known] = {
            _identity(param): self._known(arg, scope)
            for param, arg in zip(function.params, args, strict=True)
        }
        return self._body(function.body, inner, depth + 1)

    def _made(self, name: str, var: Any) -> Ref | Refs:
        ty = _type(var)
        if _class(ty).startswith("Tuple"):
            fields = enumerate(ty.fields)
            return Refs(tuple(self._value(f"{name}.{at}", field) for at, field in fields))
        return Ref(self._value(name, ty))

    def _value(self, name: str, ty: Any) -> int:
        self._values.append(Value(name, *_tensor_type(name, ty)))
        return len(self._values) - 1

    def _known(self, expr: Any, scope: dict[Any, Known]) -> Ref | Refs:
        found = self._operand(expr, scope)
        if isinstance(found, (Ref, Refs)):
            return found
        raise Unsupported(f"a {_class(expr)} came where a tensor was expected")

    def _operand(self, expr: Any, scope: dict[Any, Known]) -> Operand:
        kind = _class(expr)
        if kind in ("Var", "DataflowVar"):
            found = scope.get(_identity(expr))
            if found is None:
                raise InvalidGraph(f"{_name(expr)} is read before it is bound")
            return found
        if kind in ("GenericConst", "Constant"):
            return Ref(self._constant(expr))
        if kind == "Tuple":
            numbers = tuple(_plain(field) for field in expr.fields)
            if numbers and all(isinstance(number, int) for number in numbers):
                return Shape(numbers)
            parts = [self._known(field, scope) for field in expr.fields]
            flat = [v for p in parts for v in (p.values if isinstance(p, Refs) else (p.value,))]
            return Refs(tuple(flat))
        if kind == "TupleGetItem":
            of = self._known(expr.tuple_value, scope)
            assert isinstance(of, Refs)
            return Ref(of.values[int(expr.index)])
        if kind == "ShapeExpr":
            return Shape(_extents("a shape", expr))
        plain = _plain(expr)
        if isinstance(plain, (int, float, str)):
            return plain
        return None

    def _constant(self, expr: Any) -> int:
        held = expr.data if hasattr(expr, "data") else expr.value
        array = np.asarray(held.numpy())
        name = f"constant {len(self._values)}"
        self._values.append(Value(name, tuple(array.shape), str(held.dtype), array))
        return len(self._values) - 1


def _name(thing: Any) -> str:
    """Of a variable or a function; older releases call it otherwise."""
    return str(thing.name if hasattr(thing, "name") else thing.name_hint)


def _class(thing: Any) -> str:
    return type(thing).__name__


def _identity(var: Any) -> Any:
    """TVM hands out a new Python object for the same variable each time."""
    found = getattr(var, "id_", None)
    return found if isinstance(found, int) else hash(var)


def _type(var: Any) -> Any:
    return var.ty if hasattr(var, "ty") else var.struct_info


def _tensor_type(name: str, ty: Any) -> tuple[tuple[int, ...], str]:
    if not hasattr(ty, "dtype"):
        raise Unsupported(f"{name} is a {_class(ty)}, expected a tensor")
    shape = ty.shape
    if shape is None:
        raise DynamicShape(f"the shape of {name} is not known; import the model with fixed shapes")
    return _extents(name, shape), str(ty.dtype)


def _extents(name: str, shape: Any) -> tuple[int, ...]:
    found = []
    for extent in getattr(shape, "values", shape):
        value = _plain(extent)
        if not isinstance(value, int):
            raise DynamicShape(
                f"an extent of {name} is {extent}, expected a number; import the model with fixed "
                "shapes"
            )
        found.append(value)
    return tuple(found)


def _plain(value: Any) -> Any:
    """Numbers, text and tuples of them out of TVM's own classes."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    inner = getattr(value, "value", None)
    if inner is not None and inner is not value:
        return _plain(inner)
    if hasattr(value, "__iter__"):
        return tuple(_plain(part) for part in value)
    return None


def _attributes(attrs: Any) -> dict[str, Attr]:
    if attrs is None:
        return {}
    info = getattr(type(attrs), "__tvm_ffi_type_info__", None)
    if hasattr(attrs, "keys"):
        return {str(name): _plain(attrs[name]) for name in attrs.keys()}  # noqa: SIM118
    names = [field.name for field in info.fields] if info is not None else []
    return {name: _plain(getattr(attrs, name)) for name in names}
