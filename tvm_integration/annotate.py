"""A pass that writes prices into a Relax module.

Algorithm: the function ``main`` is priced as a whole, by the laws and the network, as if its file
had been priced: dequantize, op and quantize are one op, so the price of that op stands at the
binding that begins it, and the bindings that are one with it cost nothing. The prices become
attributes of the function; the module computes what it did.
"""

from __future__ import annotations

import warnings
from typing import Any

import tvm

import perfcost
from perfcost.errors import ModelError
from perfcost.estimation import Estimate

WHOLE = "perfcost.latency_ms"
TARGET = "perfcost.target"
BINDINGS = "perfcost.binding_ms"


def binding_prices(estimate: Estimate) -> dict[str, float]:
    """Variable -> ms, of all bindings that an op came from; 0 where it is one with another."""
    found: dict[str, float] = {}
    for op in estimate.ops:
        for place, origin in enumerate(op.origin):
            price = (op.latency_ms or 0.0) if place == 0 else 0.0
            found[origin.name] = found.get(origin.name, 0.0) + price
    return found


@tvm.transform.module_pass(opt_level=0, name="CostAnnotate")
class CostAnnotate:
    """Writes ``perfcost.latency_ms``, ``perfcost.target`` and ``perfcost.binding_ms``.

    ``perfcost.latency_ms`` is left out where the target runs none of the ops.

    Args:
        target: as ``perfcost.estimate`` takes it.
        assume_int8: price floats as if quantised.
    """

    def __init__(self, target: Any, *, assume_int8: bool = False) -> None:
        self.target = target
        self.assume_int8 = assume_int8

    def transform_module(self, module: Any, context: Any) -> Any:
        """A module that cannot be priced is given back as it is, with a warning that says why."""
        try:
            estimate = perfcost.estimate(module, self.target, assume_int8=self.assume_int8)
        except ModelError as error:
            warnings.warn(f"CostAnnotate leaves the module as it is: {error}", stacklevel=2)
            return module
        # as the front end chooses: main, else the only function that is no loop nest
        graphs = [v for v, f in module.functions.items() if isinstance(f, tvm.relax.Function)]
        variable = next((v for v in graphs if v.name_hint == "main"), graphs[0])
        attrs = {TARGET: estimate.target, BINDINGS: binding_prices(estimate)}
        if estimate.latency_ms is not None:
            attrs[WHOLE] = estimate.latency_ms
        annotated = module.clone()
        annotated[variable] = module[variable].with_attrs(attrs)
        return annotated
