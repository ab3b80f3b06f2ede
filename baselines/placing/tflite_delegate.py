"""TFLite's rule for a delegate: all that it supports, or the largest partitions of that.

Written anew after TensorFlow Lite, tensorflow/lite/graph_info.cc
(``PartitionGraphIntoIndependentNodeSubsets``) and tensorflow/lite/delegates/utils.h
(``GraphPartitionHelper::GetFirstNLargestPartitions``), Apache-2.0.
"""

from __future__ import annotations

from collections.abc import Sequence

Region = tuple[int, tuple[int, ...]]


def partitions(before: Sequence[Sequence[int]], supported: Sequence[bool]) -> tuple[Region, ...]:
    """Subsets in a row, each of one kind.

    A subset takes the kind of the first unit that is ready, and all units of that kind that can run
    with what earlier subsets and itself have written.
    """
    done: set[int] = set()
    found: list[Region] = []
    while len(done) < len(supported):
        taken: list[int] = []
        kind: bool | None = None
        # The order can run, so one pass sees all that becomes ready.
        for unit, own in enumerate(supported):
            if unit in done or not set(before[unit]) <= done.union(taken):
                continue
            kind = own if kind is None else kind
            if own is kind:
                taken.append(unit)
        done.update(taken)
        found.append((int(bool(kind)), tuple(taken)))
    return tuple(found)


def largest(
    before: Sequence[Sequence[int]], supported: Sequence[bool], most: int
) -> tuple[Region, ...]:
    """The same with the ``most`` partitions of most units delegated, of two the earlier one.

    The runtime partitions again with what is left, as the delegates do
    (``ReplaceNodeSubsetsWithDelegateKernels``). GPU delegate: 1 partition
    (``max_delegated_partitions``), NNAPI: 3.
    """
    own = [units for device, units in partitions(before, supported) if device]
    kept = {unit for units in sorted(own, key=len, reverse=True)[:most] for unit in units}
    return partitions(before, [unit in kept for unit in range(len(supported))])
