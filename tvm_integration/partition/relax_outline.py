"""Outlines bindings of a Relax function into functions, one a region.

A binding that no op stands for (the dequantize that is a view of a tensor, what is worked out from
constants) is written again wherever it is read: so integers cross between devices, not floats.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import tvm
from tvm import relax

from tvm_integration.partition.decision import Decision, NotPartitioned, Part
from tvm_integration.partition.expressions import reads, substituted
from tvm_integration.partition.report import Outlined


def outlined(module: Any, main: Any, decision: Decision) -> tuple[Any, tuple[Outlined, ...]]:
    """(module with a function for each region of an accelerator, what these are).

    Args:
        module: of Relax functions, and loops if need be.
        main: the ``GlobalVar`` of the function that the decision is about.

    Raises:
        NotPartitioned: bindings that cannot be moved.
    """
    return _Outliner(module, main, decision).run()


class _Outliner:
    def __init__(self, module: Any, main: Any, decision: Decision) -> None:
        self._module, self._main = module, main
        self._function = module[main]
        self._parts = decision.parts
        self._bindings = _bindings(self._function)
        self._place = {binding.var: at for at, binding in enumerate(self._bindings)}
        self._reads = [
            [self._place[var] for var in reads(binding.value) if var in self._place]
            for binding in self._bindings
        ]
        self._result = [self._place[v] for v in reads(self._function.body.body) if v in self._place]
        self._part = self._parts_of_bindings(decision)
        self._check_order()

    # --- which binding goes where ---

    def _parts_of_bindings(self, decision: Decision) -> list[int | None]:
        """The part of each binding; ``None`` for one that is written again where it is read."""
        params = set(self._function.params)
        steady: list[bool] = []  # worked out from constants alone
        found: list[int | None] = []
        seen: dict[str, int] = {}
        for at, binding in enumerate(self._bindings):
            name = binding.var.name
            if seen.setdefault(name, at) != at:
                raise NotPartitioned(f"two bindings are called {name}; give each its own name")
            steady.append(
                all(steady[other] for other in self._reads[at])
                and not any(var in params for var in reads(binding.value))
            )
            part = None if steady[-1] else decision.part_of.get(name)
            if part is None and isinstance(binding.value, relax.TupleGetItem) and self._reads[at]:
                part = found[self._reads[at][0]]  # a field stays where its tuple is made
            found.append(part)
        lost = [name for name in decision.part_of if name not in seen]
        lost = [name for name in lost if name not in {param.name for param in params}]
        if lost:
            raise NotPartitioned(
                f"{len(lost)} bindings of priced ops are not in {self._main.name_hint} (first "
                f"{lost[0]}): it calls functions; inline them first"
            )
        return found

    def _sources(self, at: int) -> set[int]:
        """The bindings with a part that a binding reads, through those that have none."""
        found: set[int] = set()
        stack, seen = list(self._reads[at]), set()
        while stack:
            other = stack.pop()
            if other in seen:
                continue
            seen.add(other)
            if self._part[other] is None:
                stack.extend(self._reads[other])
            else:
                found.add(other)
        return found

    def _check_order(self) -> None:
        """Every binding reads from its own part or one that runs before."""
        for at, part in enumerate(self._part):
            if part is None:
                continue
            late = [other for other in self._sources(at) if (self._part[other] or 0) > part]
            if late:
                raise NotPartitioned(
                    f"{self._bindings[at].var.name} would run before "
                    f"{self._bindings[late[0]].var.name}, which it reads"
                )

    # --- the new module ---

    def run(self) -> tuple[Any, tuple[Outlined, ...]]:
        rest = {v: f for v, f in self._module.functions.items() if v != self._main}
        # The builder lets no variable be bound twice, and the new main has the old parameters.
        builder = relax.BlockBuilder(tvm.IRModule(rest, attrs=self._module.attrs))
        made = [
            None if part.host else self._function_of(builder, at, part)
            for at, part in enumerate(self._parts)
        ]
        self._new_main(builder, made)
        functions = tuple(one.report for one in made if one is not None)
        if not functions:
            raise NotPartitioned("no binding stands for the ops that would move")
        return builder.get(), functions

    def _members(self, part: int) -> list[int]:
        return [at for at, found in enumerate(self._part) if found == part]

    def _with_free(self, members: Iterable[int]) -> list[int]:
        """Bindings and those without a part that they read, in their order."""
        found, stack = set(members), list(members)
        while stack:
            for other in self._reads[stack.pop()]:
                if self._part[other] is None and other not in found:
                    found.add(other)
                    stack.append(other)
        return sorted(found)

    def _function_of(self, builder: Any, number: int, part: Part) -> _Made | None:
        members = self._members(number)
        if not members:
            return None
        written = self._with_free(members)
        inside = {self._bindings[at].var for at in written}
        given = dict.fromkeys(
            var for at in written for var in reads(self._bindings[at].value) if var not in inside
        )
        outside = [at for at, found in enumerate(self._part) if found not in (number, None)]
        wanted = {
            o for at in (*self._with_free(outside), *self._free_results()) for o in self._reads[at]
        }
        wanted |= set(self._result)
        gives = [at for at in members if at in wanted]
        name = self._name(part.device, number)
        params = [relax.Var(var.name, var.ty) for var in given]
        known: dict[Any, Any] = dict(zip(given, params, strict=True))
        attrs = {
            "Codegen": part.device,
            "perfcost.device": part.device,
            "perfcost.target": part.target,
            "perfcost.cost_ms": part.cost_ms,
            "perfcost.call_ms": part.call_ms,
        }
        with builder.function(name, params, attrs=attrs):
            with builder.dataflow():
                self._emit(builder, written, known)
                results = [known[self._bindings[at].var] for at in gives]
                out = builder.emit_output(results[0] if len(results) == 1 else relax.Tuple(results))
            builder.emit_func_output(out)
        names = tuple(self._bindings[at].var.name for at in members)
        report = Outlined(name, part.device, part.target, names, part.cost_ms)
        return _Made(builder.get().get_global_var(name), tuple(given), gives, report)

    def _free_results(self) -> list[int]:
        """What the function gives back, where that is written again."""
        return self._with_free([at for at in self._result if self._part[at] is None])

    def _name(self, device: str, number: int) -> str:
        taken = {variable.name_hint for variable in self._module.functions}
        plain = "".join(c if c.isalnum() else "_" for c in device)
        name = f"perfcost_{plain}_{number}"
        while name in taken:
            name += "_"
        return name

    def _emit(self, builder: Any, order: Sequence[int], known: dict[Any, Any]) -> None:
        for at in order:
            binding = self._bindings[at]
            if binding.var not in known:
                value = substituted(binding.value, known)
                known[binding.var] = builder.emit(value, binding.var.name)

    def _new_main(self, builder: Any, made: Sequence[_Made | None]) -> None:
        old = self._function
        known: dict[Any, Any] = {param: param for param in old.params}
        with builder.function(self._main.name_hint, list(old.params), attrs=dict(old.attrs or {})):
            with builder.dataflow():
                for number, one in enumerate(made):
                    if one is None:
                        self._emit(builder, self._with_free(self._members(number)), known)
                    else:
                        self._call(builder, one, known)
                self._emit(builder, self._free_results(), known)
                out = builder.emit_output(substituted(old.body.body, known))
            builder.emit_func_output(out)

    def _call(self, builder: Any, one: _Made, known: dict[Any, Any]) -> None:
        names = [self._bindings[at].var for at in one.gives]
        call = relax.Call(one.variable, [known[var] for var in one.given])
        if len(names) == 1:
            known[names[0]] = builder.emit(call, names[0].name)
            return
        whole = builder.emit(call, one.report.name)
        for field, var in enumerate(names):
            known[var] = builder.emit(relax.TupleGetItem(whole, field), var.name)


class _Made:
    """An outlined function, as ``main`` has to know it.

    Attributes:
        variable: what it is called by.
        given: the variables of the old ``main`` that it reads, ``gives``: bindings it gives back.
    """

    def __init__(
        self, variable: Any, given: tuple[Any, ...], gives: list[int], report: Outlined
    ) -> None:
        self.variable, self.given, self.gives, self.report = variable, given, gives, report


def _bindings(function: Any) -> list[Any]:
    """All bindings of a function in order.

    Raises:
        NotPartitioned: what is no plain binding, or has effects that an order must keep.
    """
    if not function.is_pure:
        raise NotPartitioned("the function has side effects, whose order must stay")
    if not isinstance(function.body, relax.SeqExpr):
        raise NotPartitioned("the body is one expression; run relax.transform.Normalize")
    found = [binding for block in function.body.blocks for binding in block.bindings]
    for binding in found:
        if not isinstance(binding, relax.VarBinding):
            raise NotPartitioned(f"{binding.var.name} is a MatchCast, whose check must stay")
    return found
