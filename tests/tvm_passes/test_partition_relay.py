"""Partitioned Relay modules, in the Python that still has Relay."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from perfcost.spaces.tflite_writer import NetBuilder
from tests.frontends.relay.test_live import ROOT, environment  # noqa: F401


def residual() -> bytes:
    net = NetBuilder()
    x = net.conv(net.input([1, 12, 12, 4]), 8, 3, act="relu6")
    z = net.conv(net.add(x, net.conv(x, 8, 3), act="relu"), 4, 3, 2)
    net.softmax(net.fully_connected(net.reshape(z, [1, 144]), 5))
    return net.build()


def branches() -> bytes:
    net = NetBuilder()
    x = net.conv(net.input([1, 8, 8, 4]), 8, 3)
    left, right = net.logistic(net.conv(x, 8, 1)), net.max_pool(net.conv(x, 8, 3), 3, 1)
    net.conv(net.concat([left, right, x], 3), 4, 1)
    return net.build()


CASES = [
    (residual, "corstone-300", ["ADD=cpu", "CONV_2D=npu"]),
    (branches, "imx93", ["LOGISTIC=cpu", "CONV_2D=npu"]),
]


def test_relay_functions_compute_what_they_were_cut_from(
    environment: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    """Both networks: regions of the NPU with ops of the processor between them."""
    for make, system, pins in CASES:
        path = tmp_path / f"{make.__name__}.tflite"
        path.write_bytes(make())
        script = ROOT / "examples" / "partition_relay_module.py"
        said = subprocess.run(
            [str(environment), str(script), str(path), system, *pins],
            capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert said.returncode == 0, said.stderr[-2000:]
        found = json.loads(said.stdout.splitlines()[-1])
        assert found["reason"] == "" and found["largest_difference"] == 0
        assert len(found["functions"]) >= 2 and found["compilers"] == ["npu"] * len(
            found["functions"]
        )
        assert all(cost > 0 for cost in found["cost_ms"])
