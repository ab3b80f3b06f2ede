"""Partitions a live Relay module by cost, and shows that it computes what it did.

    python examples/partition_relay_module.py MODEL.tflite SYSTEM [KIND=DEVICE ...]

TVM 0.16 imports the file, ``PartitionByCost`` cuts it into functions for the devices of a system
(what is said behind it are pins), and both modules run on this machine: the functions, which a
device's compiler would take, are written back into ``main`` for it. Runs where a TVM with Relay
runs: Python 3.10 with hhb-tvm==3.2.3, numpy<2, tflite and perfcost.
"""

import json
import platform
import sys
from pathlib import Path
from typing import Any

import numpy as np
import tflite
import tvm
from tvm import relay
from tvm.contrib import graph_executor

from tvm_integration import PartitionByCost

# The wheel's LLVM means RISC-V unless it is told otherwise.
_TARGET = f"llvm -mtriple={platform.machine()}-linux-gnu -opt-level=0"


def for_host(module: Any) -> Any:
    """The partitioned module with its functions written back into ``main``."""
    inline = tvm.tir.IntImm("int32", 1)
    functions = {}
    for variable, function in module.functions.items():
        if "Compiler" in (function.attrs or {}):
            plain = relay.Function(function.params, function.body, function.ret_type)
            function = plain.with_attr("Inline", inline)
        functions[variable] = function
    whole = relay.transform.Inline()(tvm.IRModule(functions))
    return relay.transform.InferType()(tvm.IRModule.from_expr(_Opened().visit(whole["main"])))


class _Opened(relay.ExprMutator):
    """A field of a tuple at hand is that field: TVM's planner of memory fails on the pair."""

    def visit_tuple_getitem(self, field: Any) -> Any:
        whole = self.visit(field.tuple_value)
        if isinstance(whole, relay.Tuple):
            return whole.fields[field.index]
        return relay.TupleGetItem(whole, field.index)


def outputs(module: Any, params: Any, inputs: dict[str, Any]) -> list[Any]:
    """What a module gives on this machine."""
    with tvm.transform.PassContext(opt_level=3):
        built = relay.build(module, target=_TARGET, params=params)
    runner = graph_executor.GraphModule(built["default"](tvm.cpu()))
    runner.set_input(**inputs)
    runner.run()
    return [runner.get_output(at).numpy() for at in range(runner.get_num_outputs())]


def main() -> None:
    sys.setrecursionlimit(100_000)  # TVM 0.16 walks expressions in Python frames
    path, system, *pins = sys.argv[1:]
    model = tflite.Model.GetRootAsModel(Path(path).read_bytes(), 0)
    module, params = relay.frontend.from_tflite(model)
    partition = PartitionByCost(system, params=params, pins=dict(p.split("=") for p in pins))
    cut = partition(module)
    dice = np.random.default_rng(0)
    inputs = {
        param.name_hint: dice.integers(0, 100, [int(n) for n in param.type_annotation.shape])
        .astype(param.type_annotation.dtype)
        for param in module["main"].params
        if param.name_hint not in params
    }  # fmt: skip
    before, after = outputs(module, params, inputs), outputs(for_host(cut), params, inputs)
    steps = [
        float(np.abs(a.astype(float) - b.astype(float)).max())
        for a, b in zip(before, after, strict=True)
    ]
    print(partition.report.table())
    print(
        json.dumps(
            {
                "reason": partition.report.reason,
                "functions": [made.name for made in partition.report.functions],
                "cost_ms": [made.cost_ms for made in partition.report.functions],
                "compilers": sorted(
                    str(f.attrs["Compiler"])
                    for f in cut.functions.values()
                    if "Compiler" in f.attrs
                ),
                "largest_difference": max(steps),
            }
        )
    )


if __name__ == "__main__":
    main()
