"""Peak memory of small nets, held to the compiler's own account."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from perfcost.frontends.tflite import read_tflite
from perfcost.physics import price
from perfcost.spaces.tflite_writer import NetBuilder, Tensor
from perfcost.targets import resolve

Build = Callable[[NetBuilder, Tensor], Tensor]

NETS: dict[str, Build] = {
    "chain": lambda net, x: net.conv(net.leaky_relu(x, 0.1), 16, 1),
    "shortcut": lambda net, x: net.conv(net.add(x, net.conv(x, 16, 1)), 16, 1),
    "constant": lambda net, x: net.conv(net.mul(net.conv(x, 16, 1), net.learned([16])), 16, 1),
    "turned": lambda net, x: net.conv(net.transpose(x, [0, 2, 1, 3]), 16, 1),
    "enlarged": lambda net, x: net.conv(net.resize_nearest(x, 32, 32), 16, 1),
    "two_slices": lambda net, x: net.conv(net.conv(x, 64, 3), 64, 3),
    "joined": lambda net, x: net.conv(
        net.concat([net.conv(x, 16, 3), net.conv(x, 24, 1)], 3), 8, 1
    ),
}


@pytest.mark.parametrize("target", ["ethos-u55-128", "ethos-u65-256"])
@pytest.mark.parametrize("name", NETS)
def test_peaks_are_those_of_vela(name: str, target: str) -> None:
    pytest.importorskip("ethosu.regor", reason="needs the extra 'label'")
    from perfcost.labels import VelaLabeller, label_many

    net = NetBuilder(seed=1)
    net.output(NETS[name](net, net.conv(net.input((1, 16, 16, 16)), 16, 1)))
    model = net.build()
    outcome = next(iter(label_many([model], target, VelaLabeller(), jobs=1)))
    assert outcome.label is not None, outcome.refusal
    found = price(read_tflite(model, name="net"), resolve(target)).memory_bytes
    for area, nbytes in outcome.label.peak_memory_bytes.items():
        # weights are measured by their histogram, and so are off by a few bytes
        assert found[area] == pytest.approx(nbytes, rel=0.02, abs=64), area


def test_elementwise_result_is_written_over_its_operand() -> None:
    net = NetBuilder(seed=1)
    x = net.input((1, 32, 32, 16))
    net.relu6(x)
    found = price(read_tflite(net.build(), name="net"), resolve("ethos-u55-128")).memory_bytes
    assert found["arena"] == 32 * 32 * 16


def test_a_result_in_bricks_is_not_written_over_a_plain_operand() -> None:
    net = NetBuilder(seed=1)
    x = net.input((1, 32, 32, 16))
    net.relu(net.relu6(x))
    found = price(read_tflite(net.build(), name="net"), resolve("ethos-u55-128")).memory_bytes
    assert found["arena"] == 2 * 32 * 32 * 16
