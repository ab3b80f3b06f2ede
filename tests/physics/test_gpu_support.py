"""What is said of the GPU delegate, against the delegate itself."""

import subprocess
import sys
from pathlib import Path

import pytest

import perfcost
from perfcost.errors import LabelError
from perfcost.labels.measured import vulkan
from perfcost.physics import price
from perfcost.physics.gpu import refusal
from perfcost.spaces.floats import float_twin
from perfcost.targets import resolve

pytest.importorskip("ai_edge_litert", reason="LiteRT is missing: pip install 'perfcost[label]'")

sys.path.insert(0, str(Path(__file__).parent))
from gpu_nets import nets

_SCRIPT = Path(__file__).with_name("gpu_nets.py")


def test_the_delegate_runs_what_is_said_to_run_and_nothing_else():
    try:
        vulkan.swiftshader()
    except LabelError as error:
        pytest.skip(str(error))
    asked = subprocess.run(
        [sys.executable, str(_SCRIPT)], capture_output=True, text=True, timeout=300, check=True
    )
    models, wrong = nets(), []
    names = list(models)
    lines = [line for line in asked.stdout.splitlines() if line[:1].isdigit()]
    assert len(lines) == 2 * len(models)
    for line in lines:
        number, dtype, answer = line.split(" ", 2)
        model = models[names[int(number)]]
        graph = perfcost.load(model if dtype == "int8" else float_twin(model))
        reasons = [refusal(graph, place) for place in range(len(graph.ops))]
        if any(reasons) != (answer != "runs"):
            wrong.append((names[int(number)], dtype, answer, reasons))
    assert not wrong


def test_every_refusal_says_what_to_do():
    for name, model in nets().items():
        graph = perfcost.load(model)
        for place, op in enumerate(graph.ops):
            reason = refusal(graph, place)
            if reason is not None:
                assert reason.edit and reason.constraint and reason.value, (name, op.kind)


def test_a_software_device_says_so_in_every_price():
    graph = perfcost.load(nets()["conv"])
    found = price(graph, resolve("gpu-swiftshader"))
    assert "software_device" in [code for code, _ in found.warnings]
    assert found.ops[0].cycles and found.ops[0].cycles > 0


def test_what_is_refused_has_no_price():
    graph = perfcost.load(nets()["gather_nd"])
    found = price(graph, resolve("gpu-swiftshader"))
    assert found.ops[0].cycles is None and found.ops[0].reason.code == "kind"
