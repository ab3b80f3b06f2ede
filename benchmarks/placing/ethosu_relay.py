"""Which ops of a .tflite TVM's partitioner for the Ethos-U takes: runs in the Python of Relay.

    python ethosu_relay.py

A path a line comes in, an object of JSON a line goes out: ``{"imported": false, "why": ...}`` or

- ``ops``: number of ops in the file;
- ``streams``: op -> number of the function for the NPU that computes it;
- ``gone``: ops that no call is left of, such as a RESHAPE that the importer folds;
- ``seconds``: of this process, for the partitioner alone.

``ethosu_partition`` starts it. Python 3.10 with hhb-tvm==3.2.3 and ethos-u-vela==3.12.0; this file
imports nothing of the repository.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import tflite
import tvm
from tvm import relay
from tvm.relay.backend.contrib.ethosu import preprocess
from tvm.relay.frontend import tflite as importer
from tvm.relay.op.contrib import ethosu

_MAIN = -1
_WHERE = "location: "
_KEPT_SPAN = importer.set_span


def _numbered(symbol: Any, span: Any) -> Any:
    """The importer names each call twice, by tensors and then by op; the first name would stay."""
    return _KEPT_SPAN(symbol, span) if str(span).startswith(_WHERE) else symbol


def _nothing() -> Any:
    return tvm.transform.Sequential([])


def _op_of(call: Any) -> int | None:
    """The op of the file that a call was made of."""
    name = str(call.span.source_name.name) if call.span is not None else ""
    return int(name[len(_WHERE) :].partition(",")[0]) if name.startswith(_WHERE) else None


def _calls(module: Any) -> dict[int, set[tuple[str, int]]]:
    """Op of the file -> (call, number of the function that holds it, ``_MAIN`` for main)."""
    found: dict[int, set[tuple[str, int]]] = defaultdict(set)
    names = [g.name_hint for g, f in module.functions.items() if "Compiler" in (f.attrs or {})]
    numbers = {name: number for number, name in enumerate(sorted(names))}
    for variable, function in module.functions.items():
        place = numbers.get(variable.name_hint, _MAIN)

        def visit(node: Any, place: int = place) -> None:
            if isinstance(node, relay.Call) and isinstance(node.op, tvm.ir.Op):
                op = _op_of(node)
                if op is None:
                    raise ValueError(f"a call of {node.op.name} that no op of the file stands for")
                found[op].add((node.op.name, place))

        relay.analysis.post_order_visit(function.body, visit)
    return found


def _stream(calls: set[tuple[str, int]]) -> int:
    """Where an op is computed: on the host if any of its calls is, a reshape aside.

    TVM's pass that gives each reader its own padding also copies what the padding reads, so that
    some ops are in two functions; here they run once, in the first of them.
    """
    places = {place for name, place in calls if name != "reshape"} or {p for _, p in calls}
    return min(places)


def partitioned(path: Path) -> dict[str, Any]:
    """The answer to one line."""
    model = tflite.Model.GetRootAsModel(path.read_bytes(), 0)
    try:
        module, params = relay.frontend.from_tflite(model)
    except Exception as error:  # of many kinds, TVM's own and Python's
        return {"imported": False, "why": _last_line(error)}
    start = time.process_time()
    try:
        module = ethosu.partition_for_ethosu(module, params)
    except Exception as error:
        return {"imported": True, "why": _last_line(error)}
    seconds = time.process_time() - start
    count = model.Subgraphs(0).OperatorsLength()
    calls = _calls(module)
    streams = {op: _stream(found) for op, found in calls.items()}
    return {
        "imported": True,
        "ops": count,
        "streams": {op: place for op, place in sorted(streams.items()) if place != _MAIN},
        "gone": [op for op in range(count) if op not in calls],
        "seconds": seconds,
    }


def _last_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().splitlines()[-1][:300]}"


def main() -> None:
    sys.setrecursionlimit(100_000)  # TVM 0.16 walks expressions in Python frames
    importer.set_span = _numbered
    # The wheel's C++ lacks this pass, which packs inputs and outputs after the parts are known.
    preprocess.preprocess_ext_io = _nothing
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        print(json.dumps(partitioned(Path(line.strip()))), file=answers, flush=True)


if __name__ == "__main__":
    main()
