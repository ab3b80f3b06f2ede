"""Runs what was built: `python -m benchmarks.nets.check DIR [--vela VELA]`.

Every file is run by LiteRT on five seeded inputs; constant answers are reported.  With `--vela`,
every int8 file is compiled for ethos-u55-128 and what the compiler says of a failure is printed.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from benchmarks.nets.samples import sample

INDEX = Path(__file__).with_name("index.csv")
VELA = (
    "--accelerator-config=ethos-u55-128",
    "--system-config=Ethos_U55_High_End_Embedded",
    "--memory-mode=Shared_Sram",
    "--config=Arm/vela.ini",
)


FIRST = 100  # number of the first input: none of those that the converter saw


def _inputs(name: str, kind: str, entry: dict[str, Any]) -> Iterator[npt.NDArray[np.generic]]:
    """Five new inputs of a net, quantised as its file wants them."""
    shape = tuple(int(side) for side in entry["shape"][1:])
    for number in range(FIRST, FIRST + 5):
        values = sample(kind, shape, name, number)[None]
        if entry["dtype"] is np.int8:
            scale, zero = entry["quantization"]
            values = np.clip(np.rint(values / scale + zero), -128, 127)
        yield values.astype(entry["dtype"])


def litert(path: Path, name: str, kind: str) -> str:
    """Run a file on five inputs; "ok", or what is wrong with it."""
    interpreter = Interpreter(model_path=str(path), num_threads=1)
    interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]
    answers = []
    for values in _inputs(name, kind, entry):
        interpreter.set_tensor(entry["index"], values)
        interpreter.invoke()
        parts = [interpreter.get_tensor(o["index"]) for o in interpreter.get_output_details()]
        answers.append(np.concatenate([np.ravel(part).astype(np.float64) for part in parts]))
    if not np.isfinite(answers).all():
        return "not finite"
    return "constant" if np.ptp(answers, axis=0).max() == 0 else "ok"


def compiled(vela: str, path: Path) -> str:
    """Compile a file; "ok", or the last line of what the compiler said."""
    with tempfile.TemporaryDirectory() as folder:
        command = [vela, str(path), *VELA, "--output-dir", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
        if done.returncode == 0 and any(Path(folder).glob("*.tflite")):
            return "ok"
    lines = [x for x in (done.stdout + done.stderr).splitlines() if x.strip()]
    return f"exit {done.returncode}: {lines[-1] if lines else 'no message'}"


def main() -> int:
    """1 if any file does not run, or answers with a constant; a refusal of Vela is only printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--vela", help="the Vela command")
    arguments = parser.parse_args()
    with INDEX.open(newline="") as file:
        kinds = {row["name"]: row["data"] for row in csv.DictReader(file)}
    bad = 0
    for path in sorted(arguments.folder.glob("*.tflite")):
        name = path.name.split(".")[0]
        try:
            verdict = litert(path, name, kinds[name])
        except (RuntimeError, ValueError) as error:
            verdict = f"{type(error).__name__}: {error}"
        bad += verdict != "ok"
        vela = ""
        if arguments.vela and ".float." not in path.name:
            vela = f"vela {compiled(arguments.vela, path)}"
        print(f"{path.name:40} litert {verdict:12} {vela}", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
