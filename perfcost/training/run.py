"""One training from labels to weights: samples, epochs, calibration, the table of errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from perfcost._version import __version__
from perfcost.dataset.profile import profile_of
from perfcost.dataset.store import Store
from perfcost.errors import LabelError
from perfcost.files import written_whole
from perfcost.network import platforms, store
from perfcost.network.doubt import Familiar, calibration_group, interval_factor
from perfcost.network.features import Floats
from perfcost.network.platforms import Platform
from perfcost.spaces import samplers
from perfcost.targets import resolve
from perfcost.training import loop, samples
from perfcost.training.config import Config
from perfcost.training.curve import draw
from perfcost.training.loop import Epoch
from perfcost.training.samples import METRICS, SPLITS, Sample
from perfcost.training.scores import Score, score

COVERAGE = 0.9


@dataclass(frozen=True, slots=True)
class Row:
    """The score of one metric on the graphs of one space and target; ``prior`` is of the laws."""

    space: str
    target: str
    metric: str
    prior: Score
    network: Score
    coverage: float | None = None
    """Share of labels within the interval, in per cent; of the cycles only."""


def gather(
    data: Path, cache: Path, jobs: int, say: Callable[[str], None], only: str = ""
) -> list[Sample]:
    """The samples of all shards of a folder of labels, or those of one split.

    Raises:
        LabelError: no shards there.
    """
    shards = Store(data).shards()
    if not shards:
        raise LabelError(f"{data}: no shards of labels; make some with `perfcost dataset build`")
    paths = []
    for number, path in enumerate(samples.make_all(shards, cache, jobs, only), 1):
        paths.append(path)
        if number % 10 == 0 or number == len(shards):
            say(f"samples: {number} of {len(shards)} shards")
    found = samples.load(paths)
    return split(found, only) if only else found


def platform_of(found: Sequence[Sample]) -> Platform:
    """The platform of the targets of some samples.

    Raises:
        LabelError: there are several, or no samples.
    """
    targets = sorted({sample.target for sample in found})
    known = {platforms.platform_of(resolve(target)) for target in targets}
    names = sorted(each.name for each in known if each is not None)
    if len(known) != 1 or not names:
        raise LabelError(
            f"labels of {', '.join(names) or 'no platform'} together, expected those of one: a "
            f"network is trained for one platform; targets: {', '.join(targets) or 'none'}"
        )
    return next(each for each in known if each is not None)


def folder_of(found: Sequence[Sample]) -> str:
    """Name of the folder that the weights for some samples ship in. LabelError as above."""
    return platform_of(found).folder(resolve(found[0].target))


def split(found: Sequence[Sample], name: str) -> list[Sample]:
    """The samples of one split."""
    number = SPLITS.index(name)
    return [sample for sample in found if sample.split == number]


def limited(found: Sequence[Sample], most: int) -> list[Sample]:
    """At most so many samples a space and target, those of the lowest seeds; all where 0."""
    if not most:
        return list(found)
    counts: dict[tuple[int, str], int] = {}
    kept = []
    for sample in sorted(found, key=lambda sample: sample.seed):
        place = sample.space, sample.target
        counts[place] = counts.get(place, 0) + 1
        if counts[place] <= most:
            kept.append(sample)
    return kept


def _groups(found: Sequence[Sample]) -> dict[tuple[int, str], list[int]]:
    groups: dict[tuple[int, str], list[int]] = {}
    for number, sample in enumerate(found):
        groups.setdefault((sample.space, profile_of(sample.target)), []).append(number)
    return dict(sorted(groups.items()))


def _group(target: str) -> str:
    return calibration_group(resolve(target))


def calibrate(weights: Mapping[str, Floats], found: Sequence[Sample]) -> dict[str, float]:
    """By group of targets, how many spreads a 90 % interval reaches, on graphs not trained on."""
    errors: dict[str, tuple[list[float], list[float]]] = {}
    answers = loop.predictions(weights, found)
    cycles, spreads = [], []
    for answer in answers:
        cycles += answer.cycles.tolist()
        spreads += answer.spread.tolist()
    for sample, predicted, spread in zip(found, cycles, spreads, strict=True):
        off, wide = errors.setdefault(_group(sample.target), ([], []))
        off.append(abs(np.log(max(predicted, 1.0) / sample.cycles)))
        wide.append(spread)
    return {name: interval_factor(*pair, COVERAGE) for name, pair in sorted(errors.items())}


def table(
    weights: Mapping[str, Floats], factors: Mapping[str, float], found: Sequence[Sample]
) -> list[Row]:
    """Scores of all metrics, by space and target."""
    answers = list(loop.predictions(weights, found))
    cycles = np.concatenate([answer.cycles for answer in answers])
    whole = np.concatenate([answer.whole for answer in answers])
    spread = np.concatenate([answer.spread for answer in answers])
    rows = []
    for (space, target), numbers in _groups(found).items():
        name = samplers.every()[space]
        labels = np.array([float(found[n].cycles) for n in numbers])
        prior = np.array([found[n].prior.sum() for n in numbers])
        widths = np.array([factors.get(_group(found[n].target), 1.0) for n in numbers])
        reach = widths * spread[numbers]
        inside = np.abs(np.log(np.maximum(cycles[numbers], 1) / labels)) <= reach
        pairs = [("cycles", prior, cycles[numbers], labels, float(100 * inside.mean()))]
        for at, metric in enumerate(METRICS):
            wanted = np.array([found[n].whole[at] for n in numbers])
            laws = np.array([found[n].prior_whole[at] for n in numbers])
            pairs.append((metric, laws, whole[numbers, at], wanted, float("nan")))
        for metric, laws, predicted, wanted, covered in pairs:
            first, second = score(laws, wanted), score(predicted, wanted)
            if first is not None and second is not None:
                share = covered if metric == "cycles" else None
                rows.append(Row(name, target, metric, first, second, share))
    return rows


def train(
    data: Path,
    cache: Path,
    out: Path,
    config: Config,
    jobs: int,
    say: Callable[[str], None],
) -> list[Row]:
    """Trains on a folder of labels and writes weights, manifest, log and learning curve.

    Returns:
        The scores on the test split.
    """
    found = gather(data, cache, jobs, say)
    platform = platform_of(found)
    training = limited(split(found, "train"), config.train_limit)
    validation, test = split(found, "validation"), split(found, "test")
    say(f"{len(training)} to train on, {len(validation)} to validate, {len(test)} to test")
    out.mkdir(parents=True, exist_ok=True)
    log = out / "epochs.jsonl"
    epochs = _logged(log)

    def report(epoch: Epoch) -> None:
        epochs.append(epoch)
        with written_whole(log) as stream:
            stream.writelines((json.dumps(asdict(each)) + "\n").encode() for each in epochs)
        draw(epochs, out / "curve.png")
        say(
            f"epoch {epoch.number}: loss {epoch.loss:.4f}, validation {epoch.validation_mape:.3f} %"
        )

    weights = loop.train(training, validation, config, out, report)
    factors = calibrate(weights, validation)
    rows = table(weights, factors, test)
    store.save(out, weights, manifest(platform, training, config, factors, rows))
    return rows


def _logged(path: Path) -> list[Epoch]:
    if not path.is_file():
        return []
    return [Epoch(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def errors(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Scores as a manifest holds them."""
    return [
        {"space": row.space, "target": row.target, "metric": row.metric,
         "prior": asdict(row.prior), "network": asdict(row.network), "coverage": row.coverage}
        for row in rows
    ]  # fmt: skip


def manifest(
    platform: Platform,
    training: Sequence[Sample],
    config: Config,
    factors: Mapping[str, float],
    rows: Sequence[Row],
) -> dict[str, Any]:
    """What the weights are: where they come from and how good they are."""
    counts: dict[str, int] = {}
    for sample in training:
        place = f"{samplers.every()[sample.space]} {profile_of(sample.target)}"
        counts[place] = counts.get(place, 0) + 1
    return {
        "perfcost": __version__,
        "platform": platform.name,
        "samplers": {
            name: samplers.latest(name)
            for name in samplers.every()
            if any(place.startswith(f"{name} ") for place in counts)
        },
        "code": samples.fingerprint(),
        "targets": sorted({profile_of(sample.target) for sample in training}),
        "graphs": dict(sorted(counts.items())),
        "config": config.as_dict(),
        "interval_factor": dict(factors),
        "errors": errors(rows),
        "familiar": Familiar.of(training).as_json(),
    }  # fmt: skip
