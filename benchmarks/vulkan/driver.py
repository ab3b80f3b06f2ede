"""Builds the driver that stands before SwiftShader, and runs one model under it."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.child import answer_of
from perfcost.errors import LabelError
from perfcost.labels.measured.vulkan import swiftshader

_HERE = Path(__file__).parent
_TIMEOUT_S = 300


def built(folder: Path) -> Path:
    """The driver's .json in a folder. LabelError without a C compiler named ``cc``."""
    library = folder / "standing_before.so"
    command = ["cc", "-O1", "-shared", "-fPIC", "-o", str(library)]
    try:
        subprocess.run(
            [*command, str(_HERE / "standing_before.c"), "-ldl"], check=True, capture_output=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise LabelError(
            f"the driver that stands before SwiftShader is not built ({error}); install a C "
            "compiler that is named cc (apt-get install gcc)"
        ) from error
    driver = folder / "standing_before.json"
    icd = {"library_path": str(library), "api_version": "1.1.0"}
    driver.write_text(json.dumps({"file_format_version": "1.0.0", "ICD": icd}))
    return driver


def _behind() -> Path:
    """SwiftShader's own library, as its .json names it."""
    described = swiftshader()
    named: str = json.loads(described.read_text())["ICD"]["library_path"]
    return described.parent / named


def measured(model: bytes, driver: Path) -> dict[str, Any] | str:
    """What ``one_graph.py`` says of a model, or why it says nothing."""
    with tempfile.TemporaryDirectory() as folder:
        path, log = Path(folder) / "model.tflite", Path(folder) / "log"
        path.write_bytes(model)
        names = {"PERFCOST_DRIVER_BEHIND": str(_behind()), "PERFCOST_DRIVER_LOG": str(log)}
        answer = answer_of(
            _HERE / "one_graph.py", [str(path), str(driver), str(log)], _TIMEOUT_S, names
        )
    if isinstance(answer, dict):
        return answer
    errors = [line for line in answer if "Error" in line]
    return (errors or answer)[-1][-200:]
