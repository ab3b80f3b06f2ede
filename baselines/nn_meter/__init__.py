"""nn-Meter as it was published (Zhang et al., MobiSys 2021): a network is the sum of its kernels.

Which ops a device runs as one kernel is found from the outside, by timing pairs of ops together and
apart (``fusion``). Networks are split by these rules (``kernels``), kernels of each type sampled
where the error is large and timed in isolation (``sampling``, ``labels``), and one regressor a type
predicts them (``model``). No law, no neighbours, no statistics of weights.

``benchmarks/kernels.py`` makes the labels. Differences: the kernels to time are those of the search
spaces' own graphs, never ones with sizes between them; and the regressors are XGBoost's.
"""

from baselines.nn_meter.model import NnMeter

__all__ = ["NnMeter"]
