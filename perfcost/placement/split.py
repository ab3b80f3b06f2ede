"""A model as one file a region, with a manifest that says how to chain them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from perfcost import cuts
from perfcost.errors import PlacementError
from perfcost.files import folder_written_whole
from perfcost.frontends.tflite import read_tflite
from perfcost.graph import Graph, Links
from perfcost.pieces import Cutter
from perfcost.placement.constants import handed_over, with_copies
from perfcost.placement.manifest import NAME, Manifest, Part, Value, sha256
from perfcost.placement.regions import Region
from perfcost.placement.units import followers, in_order, units
from perfcost.text import shown


def split(
    model: bytes,
    regions: Sequence[Region],
    folder: Path,
    *,
    signature: str | None = None,
    system: str | None = None,
) -> Manifest:
    """Writes one .tflite a region and ``manifest.json`` to a folder, all of it or nothing.

    A file holds the ops of its region, and copies of ops elsewhere whose results it reads and
    that compute from constants alone (see ``placement.constants``).

    Args:
        model: bytes of a .tflite file.
        regions: which ops run where; each op of the main subgraph is in one of them.
        folder: to be made, or there and empty.
        signature: the entry point of a file with several; its first by default.
        system: a name for the manifest: that of the system the devices belong to.

    Returns:
        What the manifest says.

    Raises:
        PlacementError: regions that miss an op, share one, part what cannot be parted or wait for
            each other; a folder that holds something.
        ModelError: what is wrong with the model; Unsupported without the extra ``label``.
        OSError: the disk is full, the folder above is not there.
    """
    graph = read_tflite(model, signature=signature)
    ordered = checked(graph, regions)
    cutter = Cutter(model, graph.index)
    values = _namer(graph, cutter)
    stored = _stored_outputs(graph, ordered)
    made, files = [], {}
    for place, region in enumerate(ordered):
        border = cuts.border(graph.ops, region.ops, graph.outputs)
        given = (*handed_over(graph, region.ops, border.outputs), *stored.get(place, ()))
        piece = cutter.part(with_copies(graph, region.ops), given)
        name = f"{place:03d}-{_plain(region.device)}.tflite"
        files[name] = piece.data
        sides = [tuple(map(values, side)) for side in (piece.inputs, piece.outputs)]
        digest = sha256(piece.data)
        made.append(Part(name, digest, len(piece.data), region.device, region.ops, *sides))
    manifest = Manifest(
        model_sha256=sha256(model),
        subgraph=graph.index,
        ops=len(graph.ops),
        system=system,
        inputs=_edge(graph.inputs, values, cutter.names()[0]),
        outputs=_edge(graph.outputs, values, cutter.names()[1]),
        parts=tuple(made),
    )
    try:
        with folder_written_whole(folder) as room:
            for name, data in files.items():
                (room / name).write_bytes(data)
            (room / NAME).write_text(manifest.text(), encoding="utf-8")
    except FileExistsError:
        raise PlacementError(
            f"{shown(folder, 200)} is there and not an empty folder; give another name or empty it"
        ) from None
    return manifest


def checked(graph: Graph, regions: Sequence[Region]) -> tuple[Region, ...]:
    """The regions in an order in which they can run.

    Raises:
        PlacementError: regions that miss an op, share one, part what cannot be parted or wait for
            each other; the message names an op.
    """
    region_of: dict[int, int] = {}
    for place, region in enumerate(regions):
        if not region.ops or list(region.ops) != sorted(set(region.ops)):
            raise PlacementError(
                f"region {place} on {shown(region.device)} has the ops {shown(region.ops)}, "
                "expected at least one, ascending"
            )
        for position in region.ops:
            if not 0 <= position < len(graph.ops):
                raise PlacementError(
                    f"region {place} on {shown(region.device)} has op {position}, expected "
                    f"0..{len(graph.ops) - 1}"
                )
            other = region_of.setdefault(position, place)
            if other != place:
                raise PlacementError(
                    f"{graph.name_op(position)} is in the regions {other} and {place}, expected "
                    "each op in one"
                )
    for position in range(len(graph.ops)):
        if position not in region_of:
            raise PlacementError(
                f"{graph.name_op(position)} is in no region, expected each op in one"
            )
    _check_units(graph, region_of)
    follows = followers(graph)
    order = in_order([region.ops for region in regions], follows)
    if len(order) < len(regions):
        left = set(range(len(regions))) - {region_of[ops[0]] for ops in order}
        _refuse_order(graph, regions, min(left), follows)
    return tuple(regions[region_of[ops[0]]] for ops in order)


def _check_units(graph: Graph, region_of: Mapping[int, int]) -> None:
    for unit in units(graph):
        apart = next((op for op in unit if region_of[op] != region_of[unit[0]]), None)
        if apart is not None:
            raise PlacementError(
                f"{graph.name_op(unit[0])} and {graph.name_op(apart)} share a state or lie between "
                f"ops that do, and came in the regions {region_of[unit[0]]} and "
                f"{region_of[apart]}; put them into one"
            )


def _refuse_order(
    graph: Graph, regions: Sequence[Region], place: int, follows: Sequence[Sequence[int]]
) -> None:
    """Raises PlacementError for a region that waits for itself, by way of others or alone."""
    inside = set(regions[place].ops)
    after: set[int] = set()
    for position in range(len(graph.ops)):
        if position in inside or position in after:
            after.update(op for op in follows[position] if position in after or op not in inside)
    back = sorted(inside & after)
    if back:
        raise PlacementError(
            f"region {place} on {shown(regions[place].device)} is not convex: "
            f"{graph.name_op(back[0])} waits for an op outside it that waits for the region; cut "
            "the region in two there"
        )
    raise PlacementError(
        f"region {place} on {shown(regions[place].device)} and others wait for each other, so no "
        "order runs them; cut one of them in two"
    )


def _stored_outputs(graph: Graph, regions: Sequence[Region]) -> dict[int, list[int]]:
    """Outputs of the whole that no op writes and no one gives, by the region that hands them out.

    Any region can: a constant goes into each file that is asked for it.
    """
    written = Links.of(graph).producer
    kept = [t for t in dict.fromkeys(graph.outputs) if t not in written and t not in graph.inputs]
    if kept and not regions:
        raise PlacementError("a model without ops that gives back a constant cannot be split")
    found: dict[int, list[int]] = {}
    for tensor in kept:
        readers = set(Links.of(graph).consumers.get(tensor, ()))
        place = next((p for p, r in enumerate(regions) if readers.intersection(r.ops)), 0)
        found.setdefault(place, []).append(tensor)
    return found


def _namer(graph: Graph, cutter: Cutter) -> Callable[[int], Value]:
    """Makes the value of a tensor; two tensors of one name get their number behind it."""
    names = Counter(tensor.name for tensor in graph.tensors)

    def value(tensor: int) -> Value:
        found = graph.tensors[tensor]
        plain = found.name and names[found.name] == 1
        name = found.name if plain else f"{found.name}#{tensor}"
        return Value(tensor, name, found.dtype, found.shape, cutter.free_axes(tensor))

    return value


def _edge(
    tensors: Iterable[int], values: Callable[[int], Value], called: Mapping[int, str]
) -> tuple[Value, ...]:
    """Inputs or outputs of the whole, by the signature's names where all of them have one."""
    made = tuple(map(values, tensors))
    names = {called[value.tensor] for value in made if value.tensor in called}
    if len(names) < len({value.tensor for value in made}):
        return made
    return tuple(Value(v.tensor, called[v.tensor], v.dtype, v.shape, v.free) for v in made)


def _plain(device: str) -> str:
    """A device as a part of a file's name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", device)[:40].strip(".-") or "device"
