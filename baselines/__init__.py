"""Cost models of the field, to compare perfcost's network with: one file an idea.

All share one interface, :class:`baselines.protocol.Baseline`, and are trained on the same labels
and splits as the network. Needs the extra ``benchmarks``.
"""

from baselines.brp_nas import BrpNas
from baselines.graph_trees import GraphTrees
from baselines.kernel_sum import KernelSum
from baselines.laws import GeometricMean, Prior, Roofline
from baselines.linear import Linear
from baselines.nn_meter import NnMeter
from baselines.perfsage import PerfSage
from baselines.protocol import Baseline, Factory

REGISTRY: dict[str, Factory] = {
    "geometric mean": lambda seed=1: GeometricMean(),
    "macs": lambda seed=1: Linear(with_bytes=False),
    "macs and bytes": lambda seed=1: Linear(with_bytes=True),
    "roofline": lambda seed=1: Roofline(),
    "graph trees": lambda seed=1: GraphTrees(seed),
    "brp-nas": lambda seed=1: BrpNas(seed=seed),
    "perfsage": lambda seed=1: PerfSage(seed=seed),
    "nn-meter": lambda seed=1: NnMeter(),
    "laws": lambda seed=1: Prior(),
    "kernel sum": lambda seed=1: KernelSum(seed),
}
"""Name -> a baseline that is not fitted yet, from the simplest to the strongest."""

__all__ = ["REGISTRY", "Baseline", "Factory"]
