"""Runs a split model: its files one after the other in LiteRT, each on what others gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfcost.errors import PlacementError, Unsupported
from perfcost.placement import manifest as manifests
from perfcost.placement.manifest import Manifest, Part, Value
from perfcost.text import shown

Array = NDArray[Any]

_NUMPY = {
    "float64": "float64", "float32": "float32", "float16": "float16", "int64": "int64",
    "uint64": "uint64", "int32": "int32", "uint32": "uint32", "int16": "int16",
    "uint16": "uint16", "int8": "int8", "uint8": "uint8", "bool": "bool",
    "complex64": "complex64", "complex128": "complex128",
}  # fmt: skip


class Chain:
    """The parts of a split model, ready to run again and again; variables keep what they hold.

    Each part has an interpreter of its own with LiteRT's defaults (XNNPACK, one thread), on this
    machine's processor whatever device the part is meant for. A part that reads only constants
    runs without XNNPACK, which fails on it.

    Args:
        folder: as ``split`` wrote it.

    Raises:
        PlacementError: a manifest that contradicts itself or the files; a part that LiteRT does
            not run.
        Unsupported: LiteRT, the extra ``label``, is not installed.
    """

    def __init__(self, folder: Path) -> None:
        self.manifest: Manifest = manifests.read(folder)
        self._runners = [
            _Runner(part, manifests.content(folder, part)) for part in self.manifest.parts
        ]

    def run(self, inputs: Mapping[str, Array]) -> list[Array]:
        """The outputs of the whole, in its order.

        Args:
            inputs: an array for each input of the whole, by name.

        Raises:
            PlacementError: an input that is missing, unknown or of another dtype or shape; a part
                that fails.
        """
        given = {value.name: value for value in self.manifest.inputs}
        for name in inputs:
            if name not in given:
                names = ", ".join(map(shown, given))
                raise PlacementError(f"came the input {shown(name)!r}, expected one of {names}")
        held: dict[int, Array] = {}
        for name, value in given.items():
            if name not in inputs:
                raise PlacementError(f"the input {shown(name)!r} is missing; give an array for it")
            held[value.tensor] = _fitting(value, inputs[name])
        for runner in self._runners:
            read = [held[value.tensor] for value in runner.part.inputs]
            for value, array in zip(runner.part.outputs, runner.run(read), strict=True):
                held[value.tensor] = array
        return [held[value.tensor] for value in self.manifest.outputs]


def drawn(value: Value, seed: int) -> Array:
    """An input to try a model with: whole numbers over the range of an 8- or 16-bit type, 0 or 1
    for wider ones (they are often places in a table), floats in [-1, 1).

    Raises:
        PlacementError: a type that nothing is drawn for (strings).
    """
    dice = np.random.Generator(np.random.Philox(seed))
    kind = _NUMPY.get(value.dtype)
    if kind is None:
        raise PlacementError(
            f"input {shown(value.name)!r} holds {value.dtype}, for which nothing is drawn; give it "
            "with --input"
        )
    dtype = np.dtype(kind)
    if dtype.kind in "fc":
        return (dice.random(value.shape) * 2 - 1).astype(dtype)
    if dtype.kind in "iu" and dtype.itemsize <= 2:
        limits = np.iinfo(dtype)
        return dice.integers(limits.min, limits.max, value.shape, dtype, endpoint=True)
    return dice.integers(0, 2, value.shape).astype(dtype)


def interpreter(data: bytes, *, delegate: bool = True) -> Any:
    """LiteRT's interpreter of a file with its defaults, tensors not yet allocated.

    Args:
        data: bytes of a .tflite.
        delegate: whether XNNPACK takes what it can, as it does by default.

    Raises:
        Unsupported: LiteRT is not installed.
        ValueError: as LiteRT raises it for a file that it does not run.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType
    except ImportError as error:
        raise Unsupported(
            f"running a model needs LiteRT ({error}); install: pip install 'perfcost[label]'"
        ) from error
    resolver = OpResolverType.AUTO if delegate else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    return Interpreter(model_content=data, num_threads=1, experimental_op_resolver_type=resolver)


class _Runner:
    """One part in one interpreter."""

    def __init__(self, part: Part, data: bytes) -> None:
        self.part = part
        self._ready = False
        try:
            # XNNPACK fails on a network that reads nothing.
            self._interpreter = interpreter(data, delegate=bool(part.inputs))
        except (ValueError, RuntimeError) as error:
            raise self._refused(error) from error
        self._inputs = self._interpreter.get_input_details()
        self._outputs = self._interpreter.get_output_details()
        if (len(self._inputs), len(self._outputs)) != (len(part.inputs), len(part.outputs)):
            raise PlacementError(
                f"{shown(part.file)} has {len(self._inputs)} inputs and {len(self._outputs)} "
                f"outputs, the manifest says {len(part.inputs)} and {len(part.outputs)}; split the "
                "model again"
            )

    def run(self, arrays: Sequence[Array]) -> list[Array]:
        try:
            for place, array in enumerate(arrays):
                found = self._interpreter.get_input_details()[place]
                if tuple(found["shape"]) != array.shape:
                    self._interpreter.resize_tensor_input(found["index"], array.shape)
                    self._ready = False
            if not self._ready:
                self._interpreter.allocate_tensors()
                self._ready = True
            for found, array in zip(self._inputs, arrays, strict=True):
                self._interpreter.set_tensor(found["index"], array)
            self._interpreter.invoke()
            return [self._interpreter.get_tensor(found["index"]) for found in self._outputs]
        except (ValueError, RuntimeError) as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> PlacementError:
        return PlacementError(
            f"LiteRT does not run {shown(self.part.file)} (on {shown(self.part.device)}, ops "
            f"{shown(self.part.ops)}): {shown(error, 300)}"
        )


def _fitting(value: Value, array: Array) -> Array:
    expected = [-1 if axis in value.free else n for axis, n in enumerate(value.shape)]
    fits = array.ndim == len(expected) and all(
        wanted in (-1, came) for wanted, came in zip(expected, array.shape, strict=True)
    )
    if not fits or array.dtype != np.dtype(_NUMPY.get(value.dtype, "object")):
        raise PlacementError(
            f"input {shown(value.name)!r}: came {array.dtype} of shape {list(array.shape)}, "
            f"expected {value.dtype} of shape {expected}"
        )
    return array
