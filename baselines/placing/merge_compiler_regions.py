"""TVM's greedy merge of regions for a delegate (Relay's BYOC flow).

Written anew after TVM, src/relay/transforms/merge_compiler_regions.cc (``RegionMerger``),
Apache-2.0: each op is annotated with its compiler, and going along the order each region takes in
those it reads from, unless they are of another compiler or a path would leave the merged region
and come back. The host's ops carry the compiler ``default``, and merge by the same rule.
"""

from __future__ import annotations

from collections.abc import Sequence

from baselines.placing.tflite_delegate import Region


def partitions(before: Sequence[Sequence[int]], supported: Sequence[bool]) -> tuple[Region, ...]:
    """Regions in an order in which they can run."""
    region = list(range(len(supported)))
    """unit -> its region, by the unit that a region began with last"""
    restricted: list[set[int]] = [set() for _ in supported]
    for unit, own in enumerate(supported):
        parents = list(dict.fromkeys(region[parent] for parent in before[unit]))
        for parent in parents:
            restricted[unit] |= restricted[parent]
        for parent in parents:
            if supported[parent] is not own:
                restricted[unit].add(parent)
            elif parent not in restricted[unit]:
                restricted[unit] |= restricted[parent]
                region = [unit if found == parent else found for found in region]
                for restriction in restricted:
                    if parent in restriction:
                        restriction.discard(parent)
                        restriction.add(unit)
    return _in_order(before, supported, region)


def _in_order(
    before: Sequence[Sequence[int]], supported: Sequence[bool], region: Sequence[int]
) -> tuple[Region, ...]:
    members: dict[int, list[int]] = {}
    for unit, found in enumerate(region):
        members.setdefault(found, []).append(unit)
    waiting, done, order = dict(members), set[int](), list[Region]()
    while waiting:
        ready = next(
            name
            for name, units in waiting.items()
            if all(set(before[unit]) <= done.union(units) for unit in units)
        )
        units = waiting.pop(ready)
        done.update(units)
        order.append((int(supported[units[0]]), tuple(units)))
    return tuple(order)
