"""LiteRT's GPU delegate (WebGPU over Vulkan), through its CompiledModel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfcost.errors import LabelError
from perfcost.labels.measured import gpu_log
from perfcost.labels.measured.cpu_runtime import PACKAGE
from perfcost.labels.measured.gpu_log import Account
from perfcost.labels.measured.inputs import drawn_input

_TYPES = {"float32": np.float32, "float16": np.float16, "int8": np.int8, "uint8": np.uint8,
          "int16": np.int16, "int32": np.int32, "int64": np.int64, "bool": np.bool_}  # fmt: skip


class GpuModel:
    """A network on the GPU, what the delegate refuses on the processor, ready to run.

    Raises:
        LabelError: LiteRT is not there, there is no GPU, or the delegate does not run the model.
    """

    def __init__(self, model: bytes) -> None:
        with gpu_log.captured() as said:
            fault = self._set_up(model)
        self.account = gpu_log.read_account(said[0])
        if fault or self.account.broken:
            raise _refusal(self.account, fault)

    def _set_up(self, model: bytes) -> str:
        """Compiles and runs once; what went wrong, in the runtime's words, or nothing."""
        try:
            compiled_model, accelerator, options = _litert()
            chosen = options.Options(
                hardware_accelerators=accelerator.GPU | accelerator.CPU,
                cpu_options=options.CpuOptions(num_threads=1),
            )
            self._net = compiled_model.from_buffer(model, options=chosen)
            key = next(iter(self._net.get_signature_list()))
            names = self._net.get_signature_list()[key]
            reads = self._net.get_input_tensor_details(key)
            gives = self._net.get_output_tensor_details(key)
            self._inputs = self._net.create_input_buffers(0)
            self._outputs = self._net.create_output_buffers(0)
            for buffer, name in zip(self._inputs, names["inputs"], strict=True):
                buffer.write(drawn_input(reads[name]["shape"], _dtype(reads[name])))
            self._sizes = [
                (int(np.prod(gives[name]["shape"])), _dtype(gives[name]))
                for name in names["outputs"]
            ]
            self.run()
            self.run()
        except LabelError:
            raise
        except (RuntimeError, ValueError, TypeError, KeyError) as error:
            return " ".join(str(error).split()) or type(error).__name__
        return ""

    def run(self) -> None:
        """One inference, with its results read back: the delegate returns before they are there."""
        self._net.run_by_index(0, self._inputs, self._outputs)
        for buffer, (count, dtype) in zip(self._outputs, self._sizes, strict=True):
            buffer.read(count, dtype)

    def outputs(self) -> list[NDArray[Any]]:
        """What the last inference gave, flat."""
        return [
            np.array(buffer.read(count, dtype))
            for buffer, (count, dtype) in zip(self._outputs, self._sizes, strict=True)
        ]


def _dtype(details: Any) -> Any:
    given = details["dtype"]
    return _TYPES.get(given, given) if isinstance(given, str) else given


def _refusal(account: Account, fault: str) -> LabelError:
    if account.missing:
        return LabelError(
            "Vulkan finds no GPU; install its driver and set VK_DRIVER_FILES to its .json, or use "
            "the target gpu-swiftshader"
        )
    if account.broken:
        return LabelError(f"the GPU does not run the model's shaders: {account.broken}")
    words = "; ".join(dict.fromkeys([*account.errors, fault]))
    return LabelError(f"LiteRT's GPU delegate does not run the model: {words}")


def _litert() -> tuple[Any, Any, Any]:
    try:
        from ai_edge_litert import compiled_model, hardware_accelerator, options
    except ImportError as error:
        raise LabelError(
            f"measuring on a GPU needs the package {PACKAGE} ({error}); install it with: "
            "pip install 'perfcost[label]'"
        ) from error
    return compiled_model.CompiledModel, hardware_accelerator.HardwareAccelerator, options
