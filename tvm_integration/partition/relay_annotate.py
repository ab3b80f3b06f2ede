"""Annotates the calls of a Relay function by a decision, and lets ``PartitionGraph`` cut them out.

Algorithm: ``compiler_begin`` stands on each edge that enters a region of an accelerator (constants
included), ``compiler_end`` on each that leaves one; what lies between is one region to
``PartitionGraph``. A region without a connection inside becomes a function a connected piece.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tvm
from tvm import relay

import perfcost
from perfcost.graph import Graph
from tvm_integration.partition.decision import Decision, NotPartitioned
from tvm_integration.partition.relay_calls import Calls
from tvm_integration.partition.report import Outlined, PartitionReport


def partitioned(
    module: Any, params: Mapping[str, Any] | None, decide: Callable[[Graph], Decision]
) -> tuple[Any, PartitionReport]:
    """(partitioned module, what was done).

    Raises:
        NotPartitioned: calls that cannot be traced or moved.
        ModelError: a module that perfcost does not read.
    """
    # The reader prints the module it is given: types have to be there, and in both texts alike.
    module = relay.transform.InferType()(module)
    calls = Calls(module)
    decision = decide(perfcost.load(module, params=params))
    annotated = tvm.IRModule(dict(module.functions.items()))
    annotated["main"] = _Annotator(calls, decision).function(module["main"])
    cut = tvm.transform.Sequential([relay.transform.InferType(), relay.transform.PartitionGraph()])
    found = cut(annotated)
    outlined = _described(found, calls, decision)
    if not outlined:
        raise NotPartitioned("no call stands for the ops that would move")
    return found, PartitionReport(outlined, "", decision.placement)


class _Annotator:
    """Writes the function again, expression by expression, in an order that can run."""

    def __init__(self, calls: Calls, decision: Decision) -> None:
        self._parts = decision.parts
        self._calls = calls
        self._part = calls.parts(decision)
        self._new: dict[Any, Any] = {}
        self._edges: dict[tuple[Any, int | None], Any] = {}

    def function(self, old: Any) -> Any:
        for expr in self._calls.order:
            self._new[expr] = self._written(expr)
        body = self._read(old.body, None)
        return relay.Function(old.params, body, None, old.type_params, old.attrs)

    def _device(self, expr: Any) -> int | None:
        """The part of an expression, where that is not the host's."""
        part = self._part.get(expr)
        return None if part is None or self._parts[part].host else part

    def _written(self, expr: Any) -> Any:
        if isinstance(expr, relay.Call):
            args = [self._read(arg, self._device(expr)) for arg in expr.args]
            span = self._calls.span(expr)
            return relay.Call(expr.op, args, expr.attrs, expr.type_args, span)
        if isinstance(expr, relay.TupleGetItem):
            source = expr.tuple_value
            inside = self._read(source, self._device(source))
            return relay.TupleGetItem(inside, expr.index, expr.span)
        return expr  # a tuple is written by who reads it

    def _read(self, expr: Any, part: int | None) -> Any:
        """What an expression is to one of a part: the edges in and out annotated."""
        key = expr, part
        if key not in self._edges:
            self._edges[key] = self._edge(expr, part)
        return self._edges[key]

    def _edge(self, expr: Any, part: int | None) -> Any:
        if isinstance(expr, relay.Tuple):
            return relay.Tuple([self._read(field, part) for field in expr.fields], expr.span)
        home = self._device(expr)
        value = self._new.get(expr, expr)
        if home == part:
            return value
        if home is not None:
            value = relay.op.annotation.compiler_end(value, self._parts[home].device)
        if part is not None:
            value = relay.op.annotation.compiler_begin(value, self._parts[part].device)
        return value


def _described(module: Any, calls: Calls, decision: Decision) -> tuple[Outlined, ...]:
    """The functions that were cut out; each gets the attributes of its part."""
    found = []
    for variable in module.get_global_vars():
        function = module[variable]
        if not function.attrs or "Compiler" not in function.attrs:
            continue
        labels = calls.labels_in(function)
        number = decision.part_of[next(label for label in labels if label in decision.part_of)]
        part = decision.parts[number]
        cost = _cost_ms(decision, number, set(labels))
        attrs = {
            "perfcost.device": part.device,
            "perfcost.target": part.target,
            "perfcost.cost_ms": tvm.tir.FloatImm("float64", cost),
            "perfcost.call_ms": tvm.tir.FloatImm("float64", part.call_ms),
        }
        for name, value in attrs.items():
            function = function.with_attr(name, value)
        module[variable] = function
        made = Outlined(variable.name_hint, part.device, part.target, tuple(labels), cost)
        found.append((number, made))
    return tuple(made for _, made in sorted(found, key=lambda pair: pair[0]))


def _cost_ms(decision: Decision, number: int, labels: set[str]) -> float:
    """Of a part, or of the ops of a connected piece of it."""
    placed = decision.placement.placed[number]
    ops = decision.placement.graph.ops
    inside = [
        ms
        for op, ms in zip(placed.region.ops, placed.op_ms, strict=True)
        if any(origin.name in labels for origin in ops[op].origin)
    ]
    whole = len(inside) == len(placed.region.ops)
    return placed.latency_ms if whole else sum(ms or 0.0 for ms in inside)
