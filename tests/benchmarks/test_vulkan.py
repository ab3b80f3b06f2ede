"""The driver that stands before SwiftShader: its log, and one network under it for real."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.vulkan.driver import built, measured
from benchmarks.vulkan.one_graph import read_log
from perfcost.errors import LabelError
from perfcost.frontends.tflite import read_tflite
from perfcost.labels.measured import vulkan
from perfcost.memory.gpu import SINGLE_TEXTURES, gpu_memory
from perfcost.spaces import zoo

LOG = """\
M+ a 8388608
B+ b 64 23
B+ c 1048576 12
B+ d 4096 3
I+ e 109 16 8 1 1 f
B+ gone 512 23
B- gone
M+ f 100
M- f
"""


def test_a_log_is_what_is_live_at_its_end() -> None:
    # A buffer and a block may have one number: they are told apart.
    assert read_log(LOG + "B+ a 32 23\nM- a\n") == {
        "held": 64 + 16 * 8 * 16 + 32, "uniforms": 1048576, "staging": 4096, "blocks": 0,
    }  # fmt: skip
    assert read_log("")["held"] == 0


def test_a_network_holds_what_is_predicted(tmp_path: Path) -> None:
    pytest.importorskip("ai_edge_litert", reason="LiteRT is missing: pip install 'perfcost[label]'")
    try:
        vulkan.swiftshader()
        driver = built(tmp_path)
    except LabelError as error:
        pytest.skip(str(error))
    data = zoo.build("mlperf_tiny_kws", "int8")
    found = measured(data, driver)
    if isinstance(found, str) and "Vulkan" in found:
        pytest.skip(found)
    plan = gpu_memory(read_tflite(data), SINGLE_TEXTURES)
    assert isinstance(found, dict), found
    assert found["held"] == plan.tensor_bytes + plan.in_out_bytes + plan.constant_bytes
    assert found["alone"] and found["uniforms"] >= plan.uniform_bytes
