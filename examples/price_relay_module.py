"""Prices a live Relay module: TVM 0.16 imports a .tflite, perfcost prices what came of it.

    python examples/price_relay_module.py MODEL.tflite TARGET

Runs where a TVM with Relay runs: Python 3.10 with hhb-tvm==3.2.3, numpy<2, tflite and perfcost.
"""

import json
import sys
from pathlib import Path

import tflite
from tvm import relay

import perfcost


def main() -> None:
    path, target = sys.argv[1:3]
    data = Path(path).read_bytes()
    module, params = relay.frontend.from_tflite(tflite.Model.GetRootAsModel(data, 0))
    found = perfcost.estimate(module, target, params=params)
    of_file = perfcost.estimate(path, target)
    print(
        json.dumps(
            {
                "relay_ms": found.latency_ms,
                "tflite_ms": of_file.latency_ms,
                "same_structure": found.model.structural_hash == of_file.model.structural_hash,
            }
        )
    )


if __name__ == "__main__":
    main()
