"""Every op of every net of the zoo: Vela runs on the NPU what is said to run there."""

from __future__ import annotations

import pytest

from perfcost.frontends.tflite import read_tflite
from perfcost.labels import VelaLabeller
from perfcost.physics.ethos_u.support import unsupported
from perfcost.spaces import zoo
from perfcost.targets import EthosUTarget, resolve


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ethos-u55-128", "ethos-u65-256", "ethos-u85-256"])
@pytest.mark.parametrize("net", zoo.names())
def test_zoo(net: str, name: str) -> None:
    pytest.importorskip("ethosu.regor", reason="needs the extra label (ethos-u-vela)")
    target = resolve(name)
    assert isinstance(target, EthosUTarget)
    model = zoo.build(net)
    found = [reason is None for reason in unsupported(read_tflite(model), target)]
    # ops that left no trace at the end of the file are on the NPU
    wanted = list(VelaLabeller().support(model, target))
    assert found == wanted + [True] * (len(found) - len(wanted))
