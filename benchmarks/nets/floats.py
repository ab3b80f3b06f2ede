"""The test nets as float32: ``python -m benchmarks.nets.floats [--only NAME]``, needs TensorFlow.

Writes ``benchmarks/nets/ir_float/NAME.json.gz``, graphs without weights. Weights and statistics are
those of the int8 files: with an offset of 0, as initialisers leave it, the converter drops an ADD.
"""

from __future__ import annotations

import argparse

from benchmarks.nets import FLOAT_IR
from benchmarks.nets.convert import prepared, to_float
from benchmarks.nets.registry import all_nets
from perfcost import graph_file
from perfcost.frontends.tflite import read_tflite


def main() -> None:
    """Convert and write what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", metavar="NAME", choices=all_nets(), help="one net")
    only = parser.parse_args().only
    FLOAT_IR.mkdir(exist_ok=True)
    for name, net in all_nets().items():
        path = FLOAT_IR / f"{name}.json.gz"
        if path.exists() or only not in (None, name):
            continue
        graph = read_tflite(to_float(prepared(net)), name=name)
        graph_file.save(graph, path)
        print(f"{name}: {len(graph.ops)} ops", flush=True)


if __name__ == "__main__":
    main()
