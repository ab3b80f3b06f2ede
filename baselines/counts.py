"""What can be counted in an op or a graph without any law: MACs, bytes of tensors, kinds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from perfcost.network.features import KINDS, OP_FEATURES
from perfcost.network.platforms import ETHOS_U
from perfcost.training.samples import Sample

Column = NDArray[np.float64]


def column(sample: Sample, name: str) -> Column:
    """[ops] a feature that is stored as a logarithm, as the number that it was."""
    return np.expm1(sample.ops[:, OP_FEATURES.index(name)].astype(np.float64))


def macs(sample: Sample) -> Column:
    """[ops] multiplications and additions."""
    return column(sample, "macs")


def tensor_bytes(sample: Sample) -> Column:
    """[ops] bytes of first input, second input, weights and output, each counted once."""
    bits = OP_FEATURES.index("input_bits"), OP_FEATURES.index("output_bits")
    widths = [sample.ops[:, place].astype(np.float64) for place in bits]
    sizes = []
    for end in ("input", "output"):
        names = [f"{end}_{extent}" for extent in ("batch", "height", "width", "channels")]
        sizes.append(np.prod([column(sample, name) for name in names], axis=0))
    second = column(sample, "second_elements")
    weights = column(sample, "weight_elements")
    read = (sizes[0] + second) * widths[0] + weights
    return np.asarray(read + sizes[1] * widths[1], np.float64)


def hardware(sample: Sample, name: str) -> float:
    """A figure of the hardware that is stored as a logarithm, as the number that it was."""
    return float(np.expm1(np.float64(sample.hardware[ETHOS_U.hardware.index(name)])))


_TOTALS = ("macs", "weight_elements", "second_elements")
_MEANS = (
    "kernel_height", "kernel_width", "stride_height", "dilation", "input_height", "input_width",
    "input_channels", "output_channels",
)  # fmt: skip


def statistics(sample: Sample) -> Column:
    """[features] of a whole graph: totals, means, largest values and how often each kind occurs.

    Sizes are natural logarithms of 1 + value.
    """
    moved = tensor_bytes(sample)
    totals = [column(sample, name).sum() for name in _TOTALS]
    largest = [column(sample, name).max(initial=0.0) for name in _TOTALS]
    count = max(1, len(sample.kinds))
    means = [
        float(sample.ops[:, OP_FEATURES.index(name)].sum(dtype=np.float64)) / count
        for name in _MEANS
    ]
    kinds = np.bincount(sample.kinds, minlength=len(KINDS) + 1)
    work = np.bincount(sample.kinds, weights=macs(sample), minlength=len(KINDS) + 1)
    sizes = [*totals, *largest, moved.sum(), moved.max(initial=0.0), count, sample.edges.shape[1]]
    return np.concatenate((np.log1p(sizes), means, kinds, np.log1p(work)))
