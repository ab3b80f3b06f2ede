"""The two calls that price models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from perfcost import targets
from perfcost.collection import uncollected
from perfcost.energy import Work, energy_mj
from perfcost.estimation.cautions import refuse_guesses
from perfcost.estimation.loading import load
from perfcost.estimation.memory import margins
from perfcost.estimation.pricing import Priced, Pricer, answers, rounded
from perfcost.estimation.result import Estimate, ModelInfo, Note
from perfcost.estimation.trips import TripCounts, Trips
from perfcost.graph import Graph
from perfcost.network.refine import Refined
from perfcost.network.store import Model as NetworkModel
from perfcost.network.store import shipped
from perfcost.quantized import as_int8
from perfcost.targets import ArmCpuTarget, CellsTarget, EthosUTarget, Target
from perfcost.targets.arm_cpu_target import LITERT

Model = Any
"""What ``load`` reads."""
_NAMED = 5
_AT_ONCE = 64
"""Models whose prices the network works out together."""
_PROVENANCE = {"latency": "modelled", "memory": "modelled", "bytes_moved": "modelled"}


def estimate_many(
    models: Iterable[Model],
    target: object,
    *,
    params: object | None = None,
    signature: str | None = None,
    input_shapes: Mapping[str, tuple[int, ...]] | None = None,
    trip_counts: TripCounts | None = None,
    example_inputs: object | None = None,
    assume_int8: bool = False,
    strict: bool = False,
    network: bool = True,
) -> list[Estimate]:
    """Prices models on one target; one ``Estimate`` a model, in order.

    Args:
        models: paths of .tflite or .relay files, bytes, Relay text, live Relay or Relax modules,
            models of Keras, modules of PyTorch, ``Graph`` objects.
        target: a name (``perfcost targets`` lists them), the path of a TOML profile, a ``Target``,
            or a target as TVM writes it (``perfcost.targets.compilers``). Or a system of several
            devices (``perfcost.targets.system_names()``, a TOML of one, a ``System``): then the
            price is that of the best placement by latency, and ``placement`` says which.
        signature: the entry point of a file with several; its first by default.
        input_shapes: shapes by tensor name, for inputs whose shape the file leaves open.
        trip_counts: how often loops run; see ``perfcost.estimation.trips.Trips``. A loop without
            a count is priced as one round, with a warning.
        params: contents of a Relay module's parameters by name.
        example_inputs: of modules of PyTorch: a tensor, or a tuple of them.
        assume_int8: price floats as if the network had been quantised to int8.
        strict: raise instead of warning where a figure rests on a guess
            (``perfcost.estimation.cautions.STRICT_CODES``). An op that the device does not run is
            no guess: look at ``complete``.
        network: let the trained network correct the laws' prices, where there is one for the
            target; ``False`` for the laws alone, which give no interval.

    Raises:
        TargetError: before any model is read.
        ModelError: the first model that cannot be read or priced.
        PredictionError: a price came out that is not a finite number >= 0.
        PlacementError: a system, and nothing fits.
    """
    trips = Trips(trip_counts)
    if targets.is_system(target):
        return _on_system(
            models, targets.resolve_system(target), params, signature, input_shapes, trip_counts,
            example_inputs, assume_int8, strict, network,
        )  # fmt: skip
    device = targets.resolve(target)
    model = shipped(device) if network else None
    estimates = []
    sources = iter(models)
    while some := list(islice(sources, _AT_ONCE)):
        graphs = [
            load(
                source, signature=signature, input_shapes=input_shapes, params=params,
                example_inputs=example_inputs,
            )
            for source in some
        ]  # fmt: skip
        if assume_int8:
            graphs = [as_int8(graph) for graph in graphs]
        with uncollected():
            found = answers(graphs, device, model)
            estimates += [
                _estimate(graph, device, trips.fresh(), strict, model, answer)
                for graph, answer in zip(graphs, found, strict=True)
            ]
    return estimates


def estimate(
    model: Model,
    target: object,
    *,
    params: object | None = None,
    signature: str | None = None,
    input_shapes: Mapping[str, tuple[int, ...]] | None = None,
    trip_counts: TripCounts | None = None,
    example_inputs: object | None = None,
    assume_int8: bool = False,
    strict: bool = False,
    network: bool = True,
) -> Estimate:
    """Prices one model on one target: ``estimate_many`` of one, with the same options."""
    return estimate_many(
        [model],
        target,
        params=params,
        signature=signature,
        input_shapes=input_shapes,
        trip_counts=trip_counts,
        example_inputs=example_inputs,
        assume_int8=assume_int8,
        strict=strict,
        network=network,
    )[0]


def _on_system(
    models: Iterable[Model],
    system: targets.System,
    params: object | None,
    signature: str | None,
    input_shapes: Mapping[str, tuple[int, ...]] | None,
    trip_counts: TripCounts | None,
    example_inputs: object | None,
    assume_int8: bool,
    strict: bool,
    network: bool,
) -> list[Estimate]:
    """The price of the best placement of each model."""
    # Imported here: placement prices its regions with this module.
    from perfcost.placement.api import place
    from perfcost.placement.priced import estimate_of

    found = []
    for source in models:
        graph = load(
            source, signature=signature, input_shapes=input_shapes, params=params,
            example_inputs=example_inputs,
        )  # fmt: skip
        if assume_int8:
            graph = as_int8(graph)
        placement = place(graph, system, trip_counts=trip_counts, network=network)
        found.append(estimate_of(placement, strict=strict))
    return found


def _estimate(
    graph: Graph,
    target: Target,
    trips: Trips,
    strict: bool,
    model: NetworkModel | None,
    answer: Refined,
) -> Estimate:
    pricer = Pricer(graph, target, trips, model, answer)
    priced = pricer.price()
    warnings = [*(Note(*note) for note in graph.notes), *pricer.warnings]
    unused = trips.unused()
    if unused:
        words = ", ".join(repr(key) for key in unused)
        warnings.append(Note("trip_count_unused", f"trip_counts names no op of it: {words}"))
    if pricer.strangers:
        words = "; ".join(list(pricer.strangers)[:_NAMED])
        warnings.append(Note("out_of_distribution", f"unlike the graphs trained on: {words}"))
    if strict:
        refuse_guesses(warnings)
    doubtful = model is not None or answer.price.reach is not None
    doubt = doubtful and priced.latency_ms is not None
    memory = rounded(pricer.memory_bytes.items())
    energy = _energy(priced, target)
    return Estimate(
        model=ModelInfo(graph.name, len(graph.ops), priced.macs, graph),
        target=target.name,
        latency_ms=priced.latency_ms,
        latency_low_ms=priced.low_ms if doubt else None,
        latency_high_ms=priced.high_ms if doubt else None,
        in_distribution=not pricer.strangers if doubt else None,
        energy_mj=energy,
        memory_bytes=memory,
        bytes_moved=rounded(priced.bytes_moved.items()),
        fits=margins(memory, target),
        complete=priced.complete,
        ops=tuple(priced.ops),
        warnings=tuple(warnings),
        provenance=_provenance(target) | ({} if energy is None else {"energy": "modelled"}),
        settings=_settings(graph, target) | dict(answer.price.settings),
        weights=None if model is None else model.id,
    )


def _provenance(target: Target) -> dict[str, str]:
    # Of a device known by times of whole networks there is nothing else to say.
    return {"latency": "modelled"} if isinstance(target, CellsTarget) else _PROVENANCE


def _energy(priced: Priced, target: Target) -> float | None:
    if priced.latency_ms is None:
        return None
    return energy_mj(
        Work(
            latency_ms=priced.latency_ms, macs=priced.macs_run, bytes_moved=priced.bytes_moved,
            events=priced.events if priced.counted else None,
        ),
        target,
    )  # fmt: skip


def _settings(graph: Graph, target: Target) -> dict[str, int | str]:
    """What the figures assume; the batch is the first extent of an input that has several."""
    shapes = (graph.tensors[tensor].shape for tensor in graph.inputs)
    batch = next((shape[0] for shape in shapes if len(shape) > 1), 1)
    found: dict[str, int | str] = {"batch": batch}
    if not isinstance(target, CellsTarget):  # whose source does not say how many threads
        found["threads"] = 1
    if isinstance(target, EthosUTarget):
        found["compiler"] = "vela"
        found["optimise"] = "Performance"
        found["system_config"] = target.system_config
        found["memory_mode"] = target.memory_mode.name
        found["arena_size_limit_bytes"] = target.cache_size_bytes
    if isinstance(target, ArmCpuTarget):
        found["litert"] = LITERT
        found["runtime"] = target.runtime
    return found
