"""Labels from Vela. Those that need the compiler skip where it is not installed."""

from __future__ import annotations

import os
import pickle
import sys
from collections import Counter
from pathlib import Path

import pytest

from perfcost.errors import LabelError
from perfcost.labels import Label, VelaLabeller, label_many, operator_constraints, regor
from perfcost.targets import EthosUTarget, Target, configurations, resolve

MODELS = Path(
    os.environ.get("PERFCOST_MODELS", Path(__file__).parents[2].parent / "shared" / "models")
)
MOBILENET_V2 = MODELS / "ML-examples" / "mobilenet_v2_1.0_224_quantized_1_default_1.tflite"
MOBILENET_V2_INT8 = MODELS / "test_data" / "tf2_mobilenet_v2_1.0_224_ptq.tflite"
PERSON_DETECT = MODELS / "tflite-micro" / "person_detect.tflite"
DEEPLAB = MODELS / "test_data" / "deeplabv3_mnv2_dm05_pascal_quant.tflite"
KEYWORD = MODELS / "tflite-micro" / "keyword_scrambled_8bit.tflite"


def model(path: Path) -> bytes:
    pytest.importorskip("ethosu.regor", reason="needs the extra label (ethos-u-vela)")
    if not path.is_file():
        pytest.skip(f"needs the model {path.name} in {path.parent.name}")
    return path.read_bytes()


def check(label: Label, target: Target) -> None:
    assert sum(op.cycles for op in label.ops) == label.cycles
    assert [op.index for op in label.ops] == list(range(len(label.ops)))
    moved: Counter[str] = Counter()
    for op in label.ops:
        moved.update(op.bytes_moved)
    assert moved == Counter(label.bytes_moved)
    assert sum(op.macs for op in label.ops) == label.macs
    assert label.target_hash == target.hash


def test_mobilenet_v2_on_the_reference_target() -> None:
    target = resolve("ethos-u55-128")
    label = VelaLabeller().label(model(MOBILENET_V2), target)
    check(label, target)
    assert label.cycles == 7_386_032
    assert label.latency_ms == pytest.approx(14.772064)
    assert label.macs == 300_838_272
    assert len(label.ops) == 65
    assert all(op.on_npu for op in label.ops)
    assert label.peak_memory_bytes == {
        "sram": 1_509_408,
        "flash": 3_099_696,
        "arena": 1_509_408,
        "weights": 3_099_696,
    }
    assert label.settings["vela_version"] == VelaLabeller().version
    assert label.settings["memory_mode"] == "Shared_Sram"
    assert label.detail == ()


def test_against_silicon() -> None:
    target = resolve("ethos-u65-256")
    label = VelaLabeller().label(model(MOBILENET_V2_INT8), target)
    check(label, target)
    # NXP measured 3.46 ms on an i.MX 93, which runs this very configuration.
    assert label.latency_ms == pytest.approx(3.46, rel=0.05)


@pytest.mark.parametrize("name", ["ethos-u55-32", "ethos-u65-512", "ethos-u85-128"])
def test_every_configuration_is_labelled(name: str) -> None:
    content = model(PERSON_DETECT)
    for target in configurations(name):
        label = VelaLabeller().label(content, target)
        check(label, target)
        assert set(label.bytes_moved) == {target.cache.name, *label.bytes_moved}
        assert label.settings["system_config"] == target.system_config


def test_the_target_is_passed_on_as_vela_does() -> None:
    """The text written from a target gives what Arm's own file gives."""
    content = model(PERSON_DETECT)
    features = pytest.importorskip("ethosu.vela.architecture_features")
    text = (Path(features.CONFIG_FILES_PATH) / "Arm" / "vela.ini").read_text()
    for name in (
        "ethos-u55-256",
        "ethos-u65-256",
        "ethos-u85-512",
        "ethos-u65-256:Ethos_U65_Mid_End",
    ):
        target = resolve(name)
        assert isinstance(target, EthosUTarget)
        head = {
            "architecture": {"macs": str(target.macs_per_cycle), "cores": "1"},
            "vela": {
                "system_config_name": target.system_config,
                "memory_mode_name": target.memory_mode.name,
            },
        }
        labeller = VelaLabeller()
        theirs = regor.module().compile(
            regor.architecture(target),
            content,
            "TFLITE",
            regor.ini(head) + text,
            options=regor.ini(labeller._options(target)),
            verbose=False,
        )
        assert theirs.perf_report.totalCycles == labeller.label(content, target).cycles


def test_an_argmax_gets_the_cycles_of_its_pieces() -> None:
    target = resolve("ethos-u55-128")
    label = VelaLabeller(detail=True).label(model(DEEPLAB), target)
    check(label, target)
    argmax = label.ops[71]
    assert argmax.cycles > 0.5 * label.cycles
    pieces = [row for row in label.detail if row["op_index"] == 71]
    assert [row["operator"] for row in pieces] == [
        "DepthwiseConv2D",
        "MaxPool",
        "LUT",
        "Add",
        "Add",
    ]
    assert pieces[1]["repeats"] > 60_000
    assert sum(row["op_cycles"] for row in label.detail) == label.cycles


def test_detail_rows() -> None:
    target = resolve("ethos-u55-128")
    label = VelaLabeller().label(model(PERSON_DETECT), target, detail=True)
    first = label.detail[0]
    wanted = {"operator", "op_cycles", "npu_cycles", "mac_count", "Sram_ac", "OffChipFlash_ac"}
    wanted |= {"ofm_block_h", "ofm_block_w", "ofm_block_c", "traversal", "mac_cycles", "ao_cycles"}
    wanted |= {"cmd_cycles", "cascade", "weight_buffering", "weight_total_bytes", "ifm_memory"}
    wanted |= {"ofm_memory", "ifm_shape_h", "ofm_shape_c", "op_index", "repeats"}
    assert wanted <= set(first)
    assert Label.from_dict(label.as_dict()) == label


def test_support() -> None:
    target = resolve("ethos-u55-128")
    assert all(VelaLabeller().support(model(MOBILENET_V2), target))
    some = VelaLabeller().support(model(KEYWORD), target)
    label = VelaLabeller().label(model(KEYWORD), target)
    assert not all(some)
    assert [op.cycles for op, on in zip(label.ops, some, strict=True) if not on] == [0.0] * (
        len(some) - sum(some)
    )


def test_operator_constraints() -> None:
    pytest.importorskip("ethosu.regor", reason="needs the extra label (ethos-u-vela)")
    assert "CONV_2D" in operator_constraints(resolve("ethos-u55-128"))


@pytest.mark.parametrize("content", [b"", b"not a model at all", b"\0\0\0\0TFL3", "text"])
def test_what_is_no_model_is_refused_before_the_compiler(content: bytes) -> None:
    pytest.importorskip("ethosu.regor", reason="needs the extra label (ethos-u-vela)")
    if content[4:8] == b"TFL3":
        # A mark and nothing behind it: what the compiler makes of it must cost one model only.
        refused = next(label_many([content], "ethos-u55-128", VelaLabeller(), jobs=1))
        assert refused.label is None
        return
    with pytest.raises(LabelError, match=r"expected a \.tflite model"):
        VelaLabeller().label(content, resolve("ethos-u55-128"))


def test_a_pool_gives_the_same_labels() -> None:
    content = model(PERSON_DETECT)
    cut = content[: len(content) // 2]
    outcomes = list(
        label_many([content, cut, content], "ethos-u55-128", VelaLabeller(), jobs=1, timeout_s=60)
    )
    alone = VelaLabeller().label(content, resolve("ethos-u55-128"))
    assert [o.label for o in outcomes] == [alone, None, alone]


def test_without_the_compiler_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ethosu", None)
    with pytest.raises(LabelError, match=r"perfcost\[label\]"):
        VelaLabeller().label(b"\0\0\0\0TFL3", resolve("ethos-u55-128"))


def test_other_targets_are_refused() -> None:
    other = Target(name="box", family="cpu", clock_hz=1e9, memories=())
    with pytest.raises(LabelError, match="expected an Ethos-U"):
        VelaLabeller().label(b"\0\0\0\0TFL3", other)


def test_labellers_pickle() -> None:
    labeller = VelaLabeller(optimise="Size", detail=True)
    assert pickle.loads(pickle.dumps(labeller)) == labeller
