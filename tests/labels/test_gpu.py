"""Labels of GPUs, on the one in software where it is installed."""

import os
import subprocess
import sys

import pytest

from perfcost.errors import LabelError
from perfcost.labels import label_many
from perfcost.labels.gpu import GpuLabeller, _difference
from perfcost.labels.measured import calibration as calibrations
from perfcost.labels.measured import gpu_log, vulkan
from perfcost.spaces.floats import float_twin
from perfcost.spaces.samplers.cpu_layers import CpuLayers
from perfcost.targets import resolve

np = pytest.importorskip("numpy")
pytest.importorskip("ai_edge_litert", reason="LiteRT is missing: pip install 'perfcost[label]'")

_SAID = """INFO: [delegate_webgpu.cc:342] Create WebGPU environment (use_low_power=0)
I0000 00:00:17.4 14426 environment.cc:532] Selected adapter: Some GPU (Model), arch=x, vendor=y, \
backend=Vulkan, adapterType=Discrete GPU
ERROR: Following operations are not supported by GPU delegate:
GATHER_ND: Operation is not supported.
RESHAPE: Tensor dimensions must be less than 5. t39
14 operations will run on the GPU, and the remaining 8 operations will run on the CPU.
"""


@pytest.fixture
def _software(tmp_path, monkeypatch):
    try:
        vulkan.swiftshader()
    except LabelError as error:
        pytest.skip(str(error))
    monkeypatch.setenv(calibrations.FOLDER_VARIABLE, str(tmp_path))


def _nets():
    plain, split = CpuLayers(seed=3), CpuLayers(seed=3)
    plain.conv(plain.input([1, 8, 8, 16]), 8, 3)
    x = split.conv(split.input([1, 8, 8, 16]), 8, 3)
    split.gather_nd(x, ((0, 1), (0, 2)))
    return [float_twin(plain.build()), float_twin(split.build()), b"junk"]


@pytest.mark.usefixtures("_software")
def test_labels_of_a_software_device_say_so():
    # In workers, as the pool bounds them: the driver takes address space, and stays in a process.
    plain, split, junk = label_many(_nets(), "gpu-swiftshader", GpuLabeller(budget_s=0.1), jobs=1)
    for outcome in (plain, split):
        assert outcome.refusal is None and outcome.label is not None
        settings = outcome.label.settings
        assert settings["device_kind"] == "software" and "SwiftShader" in settings["device"]
        assert outcome.label.provenance == "measured" and outcome.label.latency_ms > 0
    assert (plain.label.settings["gpu_ops"], plain.label.settings["cpu_ops"]) == ("1", "0")
    assert (split.label.settings["gpu_ops"], split.label.settings["cpu_ops"]) == ("1", "1")
    assert "GATHER_ND" in split.label.settings["refused"]
    assert junk.refusal is not None and junk.refusal.kind == "refused"


def test_the_account_of_the_delegate():
    account = gpu_log.read_account(_SAID)
    assert (account.device, account.kind) == ("Some GPU (Model)", "Discrete GPU")
    assert account.gpu_ops == 14 and not account.missing and not account.broken
    assert [kind for kind, _ in account.refusals] == ["GATHER_ND", "RESHAPE"]
    none = gpu_log.read_account("No operations will run on the GPU, and all 1 operations will run")
    assert none.gpu_ops == 0
    assert gpu_log.read_account("").gpu_ops is None


def test_what_is_written_past_python_is_captured():
    with gpu_log.captured() as said:
        os.write(2, b"from the driver\n")
    assert said == ["from the driver\n"]


def test_no_driver_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv(vulkan.SWIFTSHADER_VARIABLE, str(tmp_path / "none.json"))
    with pytest.raises(LabelError, match="chromium-common"):
        vulkan.swiftshader()


def test_another_family_is_refused():
    with pytest.raises(LabelError, match="expected a GPU"):
        GpuLabeller().label(_nets()[0], resolve("host"))


def test_wrong_results_have_no_label():
    right = [np.array([1.0, -2.0], np.float32)]
    assert float(_difference([right[0] * np.float32(1.01)], right)) == pytest.approx(0.01, rel=0.01)
    for wrong in (np.zeros(2, np.float32), np.array([np.nan, 1], np.float32)):
        with pytest.raises(LabelError, match="differ"):
            _difference([wrong], right)


def test_one_driver_a_process():
    script = (
        "from perfcost.labels.measured import vulkan\n"
        "vulkan._chosen = 'another'\n"
        "try:\n    vulkan.choose(software=False)\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.startswith("LabelError") and "process of its own" in done.stdout
