"""The calls of a Relay function by the names that its text gives them.

perfcost reads text, in which a call is ``%12``; the live call is found by printing the module once
more with a number as the span of each call.
"""

from __future__ import annotations

import re
from typing import Any

import tvm
from tvm import relay

from perfcost.frontends.relay.lowering.labels import RESULT
from tvm_integration.partition.decision import Decision, NotPartitioned

_SOURCE = "perfcost"
_LINE = re.compile(rf"^\s*(?:(%\d+) = )?.*span={_SOURCE}:(\d+):0 \*/;?$", re.MULTILINE)
_SPAN = re.compile(r"(?: /\* span=[^*]*\*/)|(?: span=[^*]*(?= \*/))")
_FLAT = (relay.Var, relay.Constant, relay.Call, relay.Tuple, relay.TupleGetItem, tvm.ir.Op)


class Calls:
    """The expressions of ``main``, in an order that can run.

    Raises:
        NotPartitioned: other functions, branches or ``let``; a text that tells no calls apart.
    """

    def __init__(self, module: Any) -> None:
        names = [variable.name_hint for variable in module.get_global_vars()]
        if names != ["main"]:
            raise NotPartitioned(
                f"a module of the functions {sorted(names)} came, expected main alone; run "
                "relay.transform.Inline and RemoveUnusedFunctions"
            )
        main = module["main"]
        self.order: list[Any] = []
        relay.analysis.post_order_visit(main.body, self.order.append)
        for expr in self.order:
            if not isinstance(expr, _FLAT) or (
                isinstance(expr, relay.Call) and not isinstance(expr.op, tvm.ir.Op)
            ):
                raise NotPartitioned(
                    f"a {type(expr).__name__} stands in main, expected calls of operators; run "
                    "relay.transform.ToGraphNormalForm and DefuseOps"
                )
        self._numbers = {expr: at for at, expr in enumerate(self.order)}
        self._label = self._labels(module)

    def span(self, call: Any) -> Any:
        """The span by which a call is known again."""
        return _span(self._numbers[call])

    def labels_in(self, function: Any) -> list[str]:
        """The names of the calls that came into a function."""
        found: list[str] = []

        def visit(expr: Any) -> None:
            if isinstance(expr, relay.Call) and expr.span and expr.span.source_name.name == _SOURCE:
                found.append(self._label[int(expr.span.line)])

        relay.analysis.post_order_visit(function.body, visit)
        return found

    def parts(self, decision: Decision) -> dict[Any, int]:
        """The part of each call and of each field of one.

        A call that no op stands for goes where its only reader goes, else where the last of what it
        reads is made.

        Raises:
            NotPartitioned: a priced op whose call is not there; a call before what it reads.
        """
        lost = [name for name in decision.part_of if name not in set(self._label.values())]
        if lost:
            raise NotPartitioned(
                f"{len(lost)} calls of priced ops are not in main (first {lost[0]})"
            )
        known = {
            expr: decision.part_of[self._label[at]]
            for expr, at in self._numbers.items()
            if self._label.get(at) in decision.part_of
        }
        readers: dict[Any, list[Any]] = {}
        for expr in self.order:
            for source in _sources(expr):
                readers.setdefault(source, []).append(expr)
        for expr in reversed(self.order):
            ends = {known.get(reader) for reader in readers.get(expr, ())}
            if (
                isinstance(expr, relay.Call)
                and expr not in known
                and len(ends) == 1 - (None in ends)
            ):
                known[expr] = ends.pop()
        for expr in self.order:
            before = [known[source] for source in _sources(expr) if source in known]
            if isinstance(expr, relay.Call):
                known.setdefault(expr, max(before, default=0))
                if before and max(before) > known[expr]:
                    raise NotPartitioned(
                        f"{self._label[self._numbers[expr]]} would run before what it reads"
                    )
            elif isinstance(expr, (relay.TupleGetItem, relay.Tuple)) and before:
                known[expr] = max(before)
        return known

    def _labels(self, module: Any) -> dict[int, str]:
        """Number of a call -> its name in the text."""
        new: dict[Any, Any] = {}
        for at, expr in enumerate(self.order):
            new[expr] = _again(expr, new, _span(at))
        main = module["main"]
        marked = tvm.IRModule.from_expr(
            relay.Function(main.params, new[main.body], main.ret_type, main.type_params, main.attrs)
        )
        text = relay.transform.InferType()(marked).astext(show_meta_data=False)
        if _SPAN.sub("", text) != _SPAN.sub("", module.astext(show_meta_data=False)):
            raise NotPartitioned(
                "the module does not print alike twice; its calls cannot be traced"
            )
        return {int(number): label or RESULT for label, number in _LINE.findall(text)}


def _span(number: int) -> Any:
    return relay.Span(tvm.ir.SourceName(_SOURCE), number, number, 0, 0)


def _again(expr: Any, new: dict[Any, Any], span: Any) -> Any:
    if isinstance(expr, relay.Call):
        args = [new[arg] for arg in expr.args]
        return relay.Call(expr.op, args, expr.attrs, expr.type_args, span)
    if isinstance(expr, relay.Tuple):
        return relay.Tuple([new[field] for field in expr.fields], expr.span)
    if isinstance(expr, relay.TupleGetItem):
        return relay.TupleGetItem(new[expr.tuple_value], expr.index, expr.span)
    return expr


def _sources(expr: Any) -> list[Any]:
    if isinstance(expr, relay.Call):
        return list(expr.args)
    if isinstance(expr, relay.Tuple):
        return list(expr.fields)
    return [expr.tuple_value] if isinstance(expr, relay.TupleGetItem) else []
