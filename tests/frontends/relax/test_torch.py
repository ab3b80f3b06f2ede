"""Modules of torch.export and ONNX: priced like the same network as .tflite."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tvm", reason="needs the extra 'tvm'")
pytest.importorskip("torch", reason="needs the extra 'train'")

import torch

import perfcost
from perfcost.frontends.relax import read_relax
from perfcost.quantized import as_int8
from tests.frontends.relax.conftest import TWINS

TARGETS = ("ethos-u55-128", "ethos-u65-256")


def exported(name: str) -> Any:
    from tvm.relax.frontend.torch import from_exported_program

    twin = TWINS[name]
    with torch.no_grad():
        program = torch.export.export(twin.module().eval(), (torch.zeros(twin.shape),))
    return from_exported_program(program)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", TWINS)
def test_a_module_of_pytorch_costs_what_its_twin_costs(name: str, target: str) -> None:
    mine = perfcost.estimate(as_int8(read_relax(exported(name))), target)
    twin = perfcost.estimate(TWINS[name].tflite(), target)
    assert mine.complete and twin.complete
    assert mine.latency_ms == pytest.approx(twin.latency_ms, rel=0.03)
