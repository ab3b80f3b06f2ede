"""The 130 real files: all read, with the ops that were counted independently."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest

from perfcost.errors import InvalidGraph, ModelError
from perfcost.frontends.tflite import read_tflite
from perfcost.hashing import structural_hash
from perfcost.ops import graph_macs


def test_all_real_files_read(real_models: list[dict[str, str]]) -> None:
    assert len(real_models) == 130
    wrong, times = [], []
    for row in real_models:
        data = Path(row["path"]).read_bytes()
        start = time.perf_counter()
        graph = read_tflite(data, name=row["file"])
        times.append(time.perf_counter() - start)
        if sum(len(g.ops) for g in graph.everything()) != int(row["ops"]):
            wrong.append(row["file"])
    assert not wrong
    # about 3 ms on one core of 2020; the limit is for a busy machine
    assert statistics.median(times) < 0.05


def test_batch_of_a_fixed_file(shared: Path) -> None:
    data = (shared / "models/mlonmcu-models/MobileNetV2.tflite").read_bytes()
    one = read_tflite(data)
    (name,) = (one.tensors[t].name for t in one.inputs)
    four = read_tflite(data, input_shapes={name: (4, 224, 224, 3)})
    assert graph_macs(four) == 4 * graph_macs(one)
    assert four.tensors[four.outputs[0]].shape == (4, *one.tensors[one.outputs[0]].shape[1:])
    with pytest.raises(InvalidGraph, match="smaller") as caught:
        read_tflite(data, input_shapes={name: (1, 192, 160, 3)})
    assert caught.value.op == "AVERAGE_POOL_2D at subgraph 0, op 65"


@pytest.mark.parametrize("factor", [1, 4])
def test_shapes_are_recomputed_or_refused(real_models: list[dict[str, str]], factor: int) -> None:
    """The file's own shapes give the same graph; four times the batch four times the MACs."""
    right, refused = 0, []
    for row in real_models:
        data = Path(row["path"]).read_bytes()
        one = read_tflite(data)
        shapes = {one.tensors[t].name: one.tensors[t].shape for t in one.inputs}
        scaled = {n: (factor * s[0], *s[1:]) if s else s for n, s in shapes.items()}
        try:
            many = read_tflite(data, input_shapes=scaled)
        except ModelError as error:
            refused.append(error.op)
            continue
        assert graph_macs(many) == factor * graph_macs(one), row["file"]
        if factor == 1:
            assert structural_hash(many) == structural_hash(one), row["file"]
        right += 1
    assert right == (130 if factor == 1 else 98)
    assert None not in refused
