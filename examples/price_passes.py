"""Prices inside TVM: of each binding of a module, and before and after each pass.

    python examples/price_passes.py [TARGET]

Needs ``pip install 'perfcost[tvm]' torch`` and the checkout on the path, for ``tvm_integration``.
"""

import sys
from pathlib import Path

import torch
import tvm
from torch import nn
from tvm.relax.frontend.torch import from_exported_program

sys.path.insert(0, str(Path(__file__).parents[1]))

from tvm_integration import CostAnnotate, PassCosts


def network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, 2, 1), nn.BatchNorm2d(16), nn.ReLU6(), nn.Conv2d(16, 32, 3, 2, 1),
        nn.ReLU6(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10),
    )  # fmt: skip


def main() -> None:
    target = sys.argv[1] if len(sys.argv) > 1 else "ethos-u65-256"
    with torch.no_grad():
        program = torch.export.export(network().eval(), (torch.zeros(1, 3, 96, 96),))
    module = from_exported_program(program)

    attrs = CostAnnotate(target, assume_int8=True)(module)["main"].attrs
    print(f"{target}: {attrs['perfcost.latency_ms']:.4f} ms")
    for name, price in attrs["perfcost.binding_ms"].items():
        print(f"  {name}: {float(price):.4f} ms")

    costs = PassCosts(target, assume_int8=True)
    with tvm.transform.PassContext(instruments=[costs]):
        passes = tvm.relax.transform
        tvm.transform.Sequential([passes.DecomposeOpsForInference(), passes.FoldConstant()])(module)
    print(costs.table())


if __name__ == "__main__":
    main()
