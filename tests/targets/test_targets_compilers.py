"""Targets as compilers write them."""

import pytest

from perfcost.errors import TargetError
from perfcost.targets import resolve


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("ethos-u -accelerator_config=ethos-u55-128", "ethos-u55-128"),
        ("ethos-u --accelerator_config=ethos-u65-256", "ethos-u65-256"),
        ({"kind": "ext_dev", "keys": ["npu"], "model": "ethos-u85-512"}, "ethos-u85-512"),
        ({"kind": "ext_dev", "device": "ethos-u", "model": "arm/ethos-u65-256"}, "ethos-u65-256"),
        ({"kind": "ext_dev", "model": "unknown", "device": "ethos-u55-64"}, "ethos-u55-64"),
    ],
)
def test_a_field_names_the_device(given, name):
    assert resolve(given).name == resolve(name).name


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("llvm -mcpu=etho-u55-128", "did you mean 'ethos-u55-128'|ethos-u55-128"),
        ("llvm -mcpu", "expected a kind and options -name=value"),
        ("llvm -mtriple=aarch64-linux-gnu", "names no device"),
        ("ethos-u -accelerator_config='ethos", "cannot be parted"),
        ({"kind": "llvm"}, "names no device"),
        ({"kind": "composite", "devices": ["llvm", "cuda"]}, "several devices"),
        (7, "expected the name of a target"),
    ],
)
def test_what_names_none_is_refused(given, words):
    with pytest.raises(TargetError, match=words):
        resolve(given)


def test_targets_of_tvm():
    pytest.importorskip("tvm", reason="needs the extra 'tvm'")
    import tvm

    import tvm_integration  # noqa: F401 (registers the tags)

    assert resolve(tvm.target.Target("arm/ethos-u65-256")).name == resolve("ethos-u65-256").name
    with pytest.raises(TargetError, match="unknown target 'cortex-x99'"):
        resolve(tvm.target.Target({"kind": "llvm", "mcpu": "cortex-x99"}))
