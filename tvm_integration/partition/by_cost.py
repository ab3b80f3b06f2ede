"""The pass: prices a module on a system, and outlines what is best moved to an accelerator."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import tvm

import perfcost
from perfcost.errors import ModelError, PlacementError, PredictionError
from perfcost.frontends.relay.live import is_relay_module
from perfcost.placement.pins import Pins
from perfcost.targets.system_registry import resolve_system
from tvm_integration.partition.decision import NotPartitioned, decide
from tvm_integration.partition.report import PartitionReport

SYSTEM = "perfcost.system"
LATENCY = "perfcost.latency_ms"


@tvm.transform.module_pass(opt_level=0, name="PartitionByCost")
class PartitionByCost:
    """Takes each region that runs best on an accelerator out of ``main``.

    Of a Relax module a region becomes a function with the attributes ``Codegen`` and
    ``perfcost.device`` (the device's name in the system), ``global_symbol``, ``perfcost.target``,
    ``perfcost.cost_ms`` (the region as a whole) and ``perfcost.call_ms``. Of a Relay module the
    region is annotated with ``compiler_begin`` and ``compiler_end``, which ``PartitionGraph`` makes
    functions of, with ``Compiler`` for ``Codegen``. ``main`` gets ``perfcost.system`` and
    ``perfcost.latency_ms``.

    A module that cannot be partitioned (open shapes, bindings that cannot be traced, nothing worth
    moving) is given back as it is, with a warning; ``report.reason`` says why.

    Args:
        system: as ``perfcost.placement.place`` takes it; so are ``objective``, ``weight`` and
            ``pins``. A pin may name a binding: ``lv12`` in Relax, ``%12`` in Relay's text.
        params: contents of a Relay module's parameters by name.
        network: let the trained network correct the laws' prices.

    Raises:
        TargetError: there is no such system. It is found when the pass is made.
    """

    def __init__(
        self,
        system: Any,
        *,
        objective: str = "latency",
        weight: float = 0.5,
        pins: Pins | None = None,
        params: Mapping[str, Any] | None = None,
        network: bool = True,
    ) -> None:
        self.system = resolve_system(system)
        self.params = params
        self.report = PartitionReport(reason="the pass has not run")
        self._options: dict[str, Any] = {
            "objective": objective, "weight": weight, "pins": pins or {}, "network": network
        }  # fmt: skip

    def transform_module(self, module: Any, context: Any) -> Any:
        """The partitioned module; the same object where it is left as it is."""
        try:
            partition = self._relay if is_relay_module(module) else self._relax
            return partition(module)
        except (NotPartitioned, ModelError, PlacementError, PredictionError) as error:
            self.report = PartitionReport(reason=str(error))
            warnings.warn(f"PartitionByCost leaves the module as it is: {error}", stacklevel=2)
            return module

    def _relax(self, module: Any) -> Any:
        from tvm_integration.partition.relax_outline import outlined

        decision = decide(perfcost.load(module), self.system, **self._options)
        # as the front end chooses: main, else the only function that is no loop nest
        graphs = [v for v, f in module.functions.items() if isinstance(f, tvm.relax.Function)]
        main = next((v for v in graphs if v.name_hint == "main"), graphs[0])
        found, functions = outlined(module, main, decision)
        self.report = PartitionReport(functions, "", decision.placement)
        main = found.get_global_var(main.name_hint)
        attrs = {SYSTEM: self.system.name, LATENCY: decision.placement.latency_ms}
        found[main] = found[main].with_attrs(attrs)
        return found

    def _relay(self, module: Any) -> Any:
        from tvm_integration.partition.relay_annotate import partitioned

        found, self.report = partitioned(
            module, self.params, lambda graph: decide(graph, self.system, **self._options)
        )
        attrs = {SYSTEM: self.system.name, LATENCY: self.report.placement.latency_ms}
        for name, value in attrs.items():
            found["main"] = found["main"].with_attr(name, value)
        return found
