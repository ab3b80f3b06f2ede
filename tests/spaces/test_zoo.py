"""Every net of the zoo: runs, compiles, is the same each time, has its published size."""

import hashlib

import numpy as np
import pytest

from perfcost.errors import ModelError, Unsupported
from perfcost.spaces import zoo

# A layer-for-layer variant of fsrcnn that no source states the size of.
_UNPUBLISHED = {"fsrcnn_depth_to_space"}
_NO_UINT8 = {"bert_tiny_encoder", "deit_tiny"}
_GOLDEN = {
    "mlperf_tiny_ic": "2023f3099cedb8693afa0f1b10db33c5afd9e7a60e7e71ab3b6753ec2b80851e",
    "mobilenet_v3_small": "bf5ddc8b486f04a60abfe5c113e100201894c749c985543811e05fe95805f249",
    "yolov5n": "a614aeff3a286382ecaf4ef5a8df9826f2f6ee1b1fdbe14f90bc2bb12404808b",
    "bert_tiny_encoder": "516d758f2f360008b7073dacf99e0b8e99766addcfd39606cbbbbf569f6a3c00",
}


@pytest.mark.parametrize("name", zoo.names())
@pytest.mark.parametrize("dtype", ["int8", "float32", "uint8"])
def test_runs_in_litert(name, dtype, infer):
    if dtype == "uint8" and name in _NO_UINT8:
        with pytest.raises(Unsupported, match="uint8"):
            zoo.build(name, dtype)
        return
    outputs = infer(zoo.build(name, dtype))
    assert outputs and all(o.size for o in outputs)
    if dtype == "float32":
        assert all(np.isfinite(o).all() for o in outputs)


@pytest.mark.parametrize("name", zoo.names())
def test_compiles_with_vela(name, compile_cycles):
    # The engine of an ethos-u55-128 makes at most 128 MACs a cycle.
    assert compile_cycles(zoo.build(name)) >= zoo.size(name).macs / 128


@pytest.mark.parametrize("name", zoo.names())
def test_is_deterministic(name):
    content = zoo.build(name)
    assert content[4:8] == b"TFL3"
    assert content == zoo.build(name)


@pytest.mark.parametrize("name", sorted(_GOLDEN))
def test_is_golden(name):
    assert hashlib.sha256(zoo.build(name)).hexdigest() == _GOLDEN[name]


@pytest.mark.parametrize("row", zoo.PUBLISHED, ids=lambda row: row.name)
def test_has_the_published_size(row):
    size = zoo.size(row.name)
    counted = {
        "weights": size.weights,
        "folded": size.parameters(1),
        "trained": size.parameters(2),
        "all": size.parameters(4),
    }[row.count]
    assert counted == pytest.approx(row.parameters, rel=row.parameters_tolerance, abs=0)
    if row.macs is not None:
        assert size.macs == pytest.approx(row.macs, rel=row.macs_tolerance, abs=0)


def test_every_net_but_the_variant_is_published():
    assert {row.name for row in zoo.PUBLISHED} == set(zoo.names()) - _UNPUBLISHED


def test_unknown_name_gives_the_nearest():
    with pytest.raises(Unsupported, match="mobilenet_v2") as caught:
        zoo.build("mobilenetv2")
    assert isinstance(caught.value, ModelError)


def test_unknown_dtype_gives_the_known():
    with pytest.raises(Unsupported, match="float32"):
        zoo.build("fsrcnn", "int4")
