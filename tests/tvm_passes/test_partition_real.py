"""Real files that TVM imports: partitioned, they give what they did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tvm", reason="needs the extra 'tvm'")
pytest.importorskip("tflite", reason="needs the extra 'tvm'")

from perfcost.spaces import zoo
from tests.tvm_passes.running import imported, same
from tvm_integration import PartitionByCost

MODELS = Path(__file__).parents[3] / "shared" / "models"

# file -> a system on which something is worth moving
REAL = {
    "Android-MobileFaceNet-MTCNN-FaceAntiSpoofing/pnet.tflite": "a55-g610-u85",
    "TinyMaix/mnist_resnet_q.tflite": "corstone-300",
    "mlonmcu-models/cnn_s_quantized.tflite": "imx93",
    "mlonmcu-models/micro_kws_m_quantized.tflite": "imx93",
    "mltk/audio_example1.mltk.zip_audio_example1.tflite": "imx93",
    "mltk/image_example1.mltk.zip_image_example1.float32.tflite": "a55-g610-u85",
    "mltk/image_example1.mltk.zip_image_example1.tflite": "imx93",
    "mltk/image_example1.tflite": "imx93",
    "mltk/keyword_spotting.mltk.zip_keyword_spotting.tflite": "imx93",
    "mltk/keyword_spotting_pacman.mltk.zip_keyword_spotting_pacman.tflite": "imx93",
    "sscma-model-zoo/fomo_mobnetv2_0.35_x8_abl_coco_float32.tflite": "a55-g610-u85",
    "tiny/kws_model_data.cc.tflite": "imx93",
    "tiny/str_ww_ref_model.tflite": "corstone-300",
}

ZOO: dict[str, dict[str, str]] = {
    "mlperf_tiny_ad": {"FULLY_CONNECTED": "npu"},  # too small to be worth a hand-over
    "mlperf_tiny_ic": {},
    "mlperf_tiny_kws": {},
    "mlperf_tiny_vww": {},
}
"""Network -> pins."""


def partitioned_is_same(module: Any, system: str, pins: dict[str, str]) -> None:
    partition = PartitionByCost(system, pins=pins)
    found = partition(module)
    assert partition.report.functions, partition.report.reason
    same(module, found)


@pytest.mark.slow
@pytest.mark.parametrize("name", ZOO)
@pytest.mark.parametrize("system", ["imx93", "corstone-300"])
def test_networks_of_the_zoo(name: str, system: str) -> None:
    partitioned_is_same(imported(zoo.build(name)), system, ZOO[name])


@pytest.mark.slow
@pytest.mark.parametrize(("name", "system"), REAL.items())
def test_real_files(name: str, system: str) -> None:
    path = MODELS / name
    if not path.is_file():
        pytest.skip("needs ../shared/models")
    partitioned_is_same(imported(path.read_bytes()), system, {})
