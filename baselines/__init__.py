"""Cost models of the field, to compare perfcost's network with: one file an idea.

All share one interface, :class:`baselines.protocol.Baseline`, and are trained on the same labels
and splits as the network. Needs the extra ``benchmarks``.
"""

from collections.abc import Callable

from baselines.brp_nas import BrpNas
from baselines.graph_trees import GraphTrees
from baselines.kernel_sum import KernelSum
from baselines.laws import GeometricMean, Prior, Roofline
from baselines.linear import Linear
from baselines.perfsage import PerfSage
from baselines.protocol import Baseline

REGISTRY: dict[str, Callable[[], Baseline]] = {
    "geometric mean": GeometricMean,
    "macs": lambda: Linear(with_bytes=False),
    "macs and bytes": lambda: Linear(with_bytes=True),
    "roofline": Roofline,
    "graph trees": GraphTrees,
    "brp-nas": BrpNas,
    "perfsage": PerfSage,
    "laws": Prior,
    "kernel sum": KernelSum,
}
"""Name -> a baseline that is not fitted yet, from the simplest to the strongest."""

__all__ = ["REGISTRY", "Baseline"]
