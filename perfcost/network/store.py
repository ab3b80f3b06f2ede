"""Trained weights on disk: safetensors, and a manifest in JSON that says what they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from perfcost.errors import WeightsError
from perfcost.files import written_whole
from perfcost.network import features
from perfcost.network.doubt import Familiar
from perfcost.network.features import Floats
from perfcost.network.forward import prepared
from perfcost.network.platforms import platform_of
from perfcost.targets import Target

FORMAT = 1
SHIPPED = Path(__file__).parent / "shipped"
"""The weights that come with the package, a folder a platform or target."""

_WEIGHTS, _MANIFEST = "weights.safetensors", "manifest.json"


@dataclass(frozen=True, eq=False)
class Model:
    """Trained weights, ready to predict.

    Attributes:
        id: of the weights: the first digits of their hash.
        weights: arrays by name.
        interval_factor: by ``doubt.calibration_group``, how far a 90 % interval reaches, in
            spreads.
        familiar: what was trained on.
        manifest: all that the file says.
    """

    id: str
    weights: Mapping[str, Floats]
    interval_factor: Mapping[str, float]
    familiar: Familiar
    manifest: Mapping[str, Any]


def save(folder: Path, weights: Mapping[str, Floats], manifest: Mapping[str, Any]) -> None:
    """Writes weights and manifest; the manifest last, so that it never speaks of other weights."""
    from safetensors.numpy import save as pack

    folder.mkdir(parents=True, exist_ok=True)
    data = pack({name: np.ascontiguousarray(value) for name, value in weights.items()})
    with written_whole(folder / _WEIGHTS) as stream:
        stream.write(data)
    whole = {
        "format": FORMAT,
        "features": features.VERSION,
        "sha256": hashlib.sha256(data).hexdigest(),
        **manifest,
    }
    with written_whole(folder / _MANIFEST) as stream:
        stream.write((json.dumps(whole, indent=1) + "\n").encode())


def load(folder: Path) -> Model:
    """Reads weights.

    Raises:
        WeightsError: no weights there, damaged ones, or ones for other features.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load as unpack

    try:
        manifest = json.loads((folder / _MANIFEST).read_text("utf-8"))
        data = (folder / _WEIGHTS).read_bytes()
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"{folder}: no trained weights ({error}), expected {_WEIGHTS} and {_MANIFEST}"
        ) from error
    for name, wanted in (("format", FORMAT), ("features", features.VERSION)):
        if manifest.get(name) != wanted:
            raise WeightsError(
                f"{folder}: weights with {name} {manifest.get(name)!r}, expected {wanted}; train "
                "them again"
            )
    digest = hashlib.sha256(data).hexdigest()
    if digest != manifest.get("sha256"):
        raise WeightsError(
            f"{folder}: the weights' hash is {digest[:12]}, the manifest says "
            f"{str(manifest.get('sha256'))[:12]}; one of them is damaged: install again"
        )
    try:
        return Model(
            digest[:12],
            prepared(unpack(data)),
            {str(name): float(value) for name, value in manifest["interval_factor"].items()},
            Familiar.from_json(manifest["familiar"]),
            manifest,
        )
    except (SafetensorError, KeyError, AttributeError, AssertionError, TypeError) as error:
        raise WeightsError(f"{folder}: damaged weights ({error!r}); install again") from error


def record(folder: Path, errors: list[dict[str, Any]]) -> None:
    """Puts other scores into the manifest of weights."""
    manifest = {**load(folder).manifest, "errors": errors}
    with written_whole(folder / _MANIFEST) as stream:
        stream.write((json.dumps(manifest, indent=1) + "\n").encode())


@lru_cache(maxsize=8)
def _shipped(name: str) -> Model | None:
    folder = SHIPPED / name
    return load(folder) if (folder / _MANIFEST).is_file() else None


def errors(target: Target) -> list[Mapping[str, Any]]:
    """The table of errors, of graphs held out, that the weights for a target come with.

    As ``training.run.Row``: ``space``, ``target``, ``metric``, and the scores of the laws
    (``prior``) and of the ``network``, for all targets of the platform. None without weights.

    Raises:
        WeightsError: a manifest that cannot be read.
    """
    platform = platform_of(target)
    path = None if platform is None else SHIPPED / platform.folder(target) / _MANIFEST
    if path is None or not path.is_file():
        return []
    try:
        found: list[Mapping[str, Any]] = json.loads(path.read_text("utf-8"))["errors"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{path}: damaged ({error!r}); install again") from error
    return found


def shipped(target: Target) -> Model | None:
    """The weights for a target that come with the package; ``None`` where there are none."""
    platform = platform_of(target)
    return None if platform is None else _shipped(platform.folder(target))
