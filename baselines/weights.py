"""Arrays of a network on disk, as safetensors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import BaselineError
from baselines.files import read_bytes
from perfcost.files import written_whole

Floats = NDArray[np.float32]


def save_arrays(arrays: Mapping[str, NDArray[Any]], path: Path) -> None:
    """Raises BaselineError: there are none."""
    from safetensors.numpy import save

    if not arrays:
        raise BaselineError("nothing to save: not fitted yet")
    # safetensors writes memory as it lies, strides or not
    plain = {name: np.ascontiguousarray(array) for name, array in sorted(arrays.items())}
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as stream:
        stream.write(save(plain))


def load_arrays(
    path: Path, wanted: Mapping[str, tuple[int, ...]] | None = None
) -> dict[str, Floats]:
    """The arrays of a file.

    Args:
        path: of the file.
        wanted: name -> shape, of all that has to be there; whatever there is where it is not given.

    Raises:
        BaselineError: no such file, no safetensors, other names or shapes.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    data = read_bytes(path)
    try:
        found = load(data)
    except SafetensorError as error:
        raise BaselineError(f"{path}: no safetensors ({error}); fit and save it again") from error
    shapes = {name: value.shape for name, value in found.items()}
    if wanted is not None and shapes != dict(wanted):
        odd = sorted(name for name in {*shapes, *wanted} if shapes.get(name) != wanted.get(name))
        raise BaselineError(f"{path}: other arrays than expected: {', '.join(odd)}")
    return dict(found)


def torch_module() -> Any:
    """Torch, for those that train a network.

    Raises:
        BaselineError: it is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise BaselineError(
            f"this baseline needs torch ({error}); install: pip install 'perfcost[benchmarks]'"
        ) from error
    return torch
