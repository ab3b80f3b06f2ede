"""Modules of TVM that the tests make, and what they give on this machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tflite
import tvm
from tvm import relax
from tvm.relax.frontend.tflite import from_tflite

from perfcost.spaces.tflite_writer import NetBuilder


def imported(data: bytes) -> Any:
    return from_tflite(tflite.Model.GetRootAsModel(data, 0))


def written(write: Callable[[NetBuilder], Any], dtype: str = "int8") -> Any:
    """A module of what ``write`` puts into a .tflite."""
    net = NetBuilder(dtype=dtype)
    write(net)
    return imported(net.build())


def outputs(module: Any, seed: int = 0) -> list[Any]:
    """What ``main`` gives for drawn inputs, compiled with llvm (its own optimisations left out)."""
    dice = np.random.default_rng(seed)
    inputs = []
    for param in module["main"].params:
        shape, dtype = [int(n) for n in param.ty.shape], np.dtype(str(param.ty.dtype))
        if dtype.kind == "f":
            drawn = dice.random(shape) * 2 - 1
        else:
            small = dtype.itemsize == 1
            limits = np.iinfo(dtype)
            drawn = dice.integers(limits.min if small else 0, limits.max if small else 2, shape)
        inputs.append(tvm.runtime.tensor(drawn.astype(dtype)))
    target = tvm.target.Target({"kind": "llvm", "opt-level": 0})
    machine = relax.VirtualMachine(tvm.compile(module, target), tvm.cpu())
    found = machine["main"](*inputs)
    found = [found] if hasattr(found, "numpy") else list(found)
    return [array.numpy() for array in found]


def same(before: Any, after: Any) -> None:
    """Integers bit by bit; floats to a millionth of the largest."""
    for one, other in zip(outputs(before), outputs(after), strict=True):
        if one.dtype.kind == "f":
            limit = 1e-6 * max(1e-30, float(np.nanmax(np.abs(one))))
            np.testing.assert_allclose(other, one, rtol=0, atol=limit)
        else:
            np.testing.assert_array_equal(other, one)
