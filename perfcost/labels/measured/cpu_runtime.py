"""LiteRT with XNNPACK on one thread of this machine's processor."""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from perfcost.errors import LabelError
from perfcost.labels.measured.inputs import drawn_input

PACKAGE = "ai-edge-litert"


class CpuModel:
    """A network that is ready to run, with its inputs set.

    Raises:
        LabelError: LiteRT is not there, or does not take the model.
    """

    def __init__(self, model: bytes) -> None:
        interpreter = _interpreter()
        try:
            self._net = interpreter(model_content=model, num_threads=1)
            self._net.allocate_tensors()
            for read in self._net.get_input_details():
                self._net.set_tensor(read["index"], drawn_input(read["shape"], read["dtype"]))
            self._net.invoke()
        except (RuntimeError, ValueError, TypeError) as error:
            words = " ".join(str(error).split())
            raise LabelError(f"LiteRT does not run the model: {words}") from error

    def run(self) -> None:
        """One inference."""
        self._net.invoke()

    def outputs(self) -> list[NDArray[Any]]:
        """Copies of what the last inference gave."""
        return [self._net.get_tensor(read["index"]) for read in self._net.get_output_details()]


def version() -> str:
    """The release of LiteRT. LabelError if it is not installed."""
    _interpreter()
    return metadata.version(PACKAGE)


def processor() -> str:
    """What the machine's processor calls itself, with family and model where it says."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    # A machine with several processors describes each; the first stands for all.
    fields: dict[str, str] = {}
    for line in lines:
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), value.strip())
    name = fields.get("model name") or fields.get("Processor") or platform.machine()
    place = [f"{k} {fields[k]}" for k in ("cpu family", "model", "stepping") if fields.get(k)]
    return f"{name} ({', '.join(place)})" if place else name


def _interpreter() -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise LabelError(
            f"measuring on this machine needs the package {PACKAGE} ({error}); install it with: "
            "pip install 'perfcost[label]'"
        ) from error
    return Interpreter
