"""``perfcost.load`` and ``perfcost.estimate`` take Relay in every form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from relay_texts import CONV, CONV_PARAMS, main

import perfcost
from perfcost.errors import DynamicShape, InvalidGraph, NotAModel, Unsupported
from perfcost.frontends.relay import is_relay_module

TEXT = main(CONV_PARAMS, *CONV, "%2")


class Module:
    """What is asked of a live module."""

    def __init__(self, text: object = TEXT) -> None:
        self._text = text

    def astext(self) -> object:
        if isinstance(self._text, Exception):
            raise self._text
        return self._text


def test_a_text_a_file_bytes_and_a_module(tmp_path: Path) -> None:
    file = tmp_path / "net.relay"
    file.write_text(TEXT)
    models = [TEXT, "\n" + TEXT, file, str(file), TEXT.encode(), Module()]
    graphs = [perfcost.load(model) for model in models]  # type: ignore[arg-type]
    assert {graph.ops[0].kind for graph in graphs} == {"CONV_2D"}
    assert graphs[2].name == "net.relay"
    assert is_relay_module(Module())
    assert not is_relay_module(TEXT)


def test_prices_follow_the_contents_of_parameters() -> None:
    zeros = {"v_param_1": np.zeros((3, 3, 3, 4), np.int8)}
    bare, known = perfcost.load(TEXT), perfcost.load(TEXT, params=zeros)
    assert bare.tensors[bare.ops[0].inputs[1]].constant.entropy_bits is None  # type: ignore[union-attr]
    assert known.tensors[known.ops[0].inputs[1]].constant.entropy_bits == 0  # type: ignore[union-attr]
    price = perfcost.estimate(TEXT, "ethos-u65-256", params=zeros, network=False)
    assert price.latency_ms is not None
    assert price.latency_ms > 0


def test_a_signature_is_refused() -> None:
    with pytest.raises(Unsupported, match="Relay"):
        perfcost.load(TEXT, signature="a")


def test_open_extents_are_given() -> None:
    text = main(
        "%x: Tensor[(?, 8), float32]",
        "%0 = tanh(%x) /* ty=Tensor[(?, 8), float32] */;",
        "nn.relu(%0) /* ty=Tensor[(?, 8), float32] */",
    )
    with pytest.raises(DynamicShape, match="line 2, column 11"):
        perfcost.load(text)
    graph = perfcost.load(text, input_shapes={"x": (3, 8)})
    assert [tensor.shape for tensor in graph.tensors] == [(3, 8)] * 3


@pytest.mark.parametrize("shapes", [{"x": (3, 9)}, {"x": (3,)}, {"x": (-1, 8)}, {"y": (3, 8)}])
def test_shapes_that_do_not_fit(shapes: dict[str, tuple[int, ...]]) -> None:
    text = main("%x: Tensor[(?, 8), float32]", "tanh(%x)")
    with pytest.raises(InvalidGraph, match="input_shapes"):
        perfcost.load(text, input_shapes=shapes)


def test_params_of_another_kind_are_refused() -> None:
    with pytest.raises(Unsupported, match="mapping"):
        perfcost.load(TEXT, params=[1])


@pytest.mark.parametrize("text", [None, b"bytes", RuntimeError("no")])
def test_a_module_that_does_not_print(text: object) -> None:
    with pytest.raises(NotAModel, match="astext"):
        perfcost.load(Module(text))  # type: ignore[arg-type]


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "net.relay"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(NotAModel, match="UTF-8"):
        perfcost.load(file)
