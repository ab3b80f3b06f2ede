"""The metadata section of Relay text: constants as TVM's JSON of nodes and base64 arrays."""

from __future__ import annotations

import base64
import binascii
import json
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfcost.frontends.relay.places import Source

_MAGIC = 0xDD5E40F096B4A13F
_HEADER = 8 + 8 + 8 + 4 + 4
_CODES = {0: "int", 1: "uint", 2: "float"}
MAX_RANK = 8


class _Damaged(Exception):
    """What is wrong with the section."""


def read_metadata(source: Source, section: str | None, at: int) -> dict[str, NDArray[Any]]:
    """Constants by ``meta[relay.Constant][i]``; empty where the text has no section.

    Raises:
        CorruptModel: the section is there and damaged.
    """
    if section is None:
        return {}
    try:
        return _constants(json.loads(section))
    except _Damaged as error:
        source.fail(f"metadata: {error}; print the module again", at)
    except (
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        RecursionError,
        binascii.Error,
    ) as error:
        source.fail(f"metadata that cannot be read ({error}), expected TVM's JSON of nodes", at)


def _constants(found: Any) -> dict[str, NDArray[Any]]:
    nodes, blobs = found["nodes"], found.get("b64ndarrays", [])
    root = nodes[int(found["root"])]
    arrays: dict[str, NDArray[Any]] = {}
    for key, place in zip(root.get("keys", ()), root.get("data", ()), strict=True):
        for index, entry in enumerate(nodes[int(place)].get("data", ())):
            blob = nodes[int(entry)].get("attrs", {}).get("data")
            if blob is not None:
                arrays[f"meta[{key}][{index}]"] = _array(base64.b64decode(blobs[int(blob)]))
    return arrays


def _array(data: bytes) -> NDArray[Any]:
    """One array as TVM saves it: a header, the shape, the bytes."""
    if len(data) < _HEADER or int.from_bytes(data[:8], "little") != _MAGIC:
        raise _Damaged("an array without TVM's header")
    rank = int.from_bytes(data[24:28], "little")
    code, bits, lanes = data[28], data[29], int.from_bytes(data[30:32], "little")
    if rank > MAX_RANK or lanes != 1 or code not in _CODES or bits not in (1, 8, 16, 32, 64):
        raise _Damaged(f"an array of rank {rank}, type code {code} and {bits} bits")
    end = _HEADER + 8 * rank
    shape = tuple(int(n) for n in np.frombuffer(data[_HEADER:end], "<i8", rank))
    dtype = np.dtype("bool" if bits == 1 else f"{_CODES[code]}{bits}")
    stored = data[end + 8 :]
    if min(shape, default=1) < 0 or math.prod(shape) * dtype.itemsize != len(stored):
        raise _Damaged(f"an array of shape {list(shape)} with {len(stored)} bytes")
    return np.frombuffer(stored, dtype).reshape(shape)
