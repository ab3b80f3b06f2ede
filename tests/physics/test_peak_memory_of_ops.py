"""Peak memory and constants of nets of one op, beside Vela's."""

from collections.abc import Callable

import pytest

import perfcost
from perfcost.labels import VelaLabeller
from perfcost.physics.ethos_u.pricing import price
from perfcost.spaces.writer.builder import NetBuilder
from perfcost.targets import EthosUTarget, resolve

pytest.importorskip("ethosu.regor", reason="needs the extra 'label'")

Net = Callable[[NetBuilder], object]
SHAPE = [1, 20, 30, 16]


def two_means(net: NetBuilder) -> None:
    net.mean(net.input(SHAPE))
    net.mean(net.input(SHAPE))


def two_softmaxes(net: NetBuilder) -> None:
    net.softmax(net.input(SHAPE))
    net.softmax(net.input(SHAPE))


# What the net is; which memories are exact.
NETS: dict[str, Net] = {
    "softmax of few": lambda net: net.softmax(net.input([1, 1265, 2])),
    "softmax": lambda net: net.softmax(net.input(SHAPE)),
    "softmax of many": lambda net: net.softmax(net.input([1, 600, 20])),
    "two softmaxes": two_softmaxes,
    "tables in a row": lambda net: net.tanh(net.logistic(net.input(SHAPE))),
    "mean": lambda net: net.mean(net.input(SHAPE)),
    "mean of deep": lambda net: net.mean(net.input([1, 9, 9, 256])),
    "two means": two_means,
    "sum of deep": lambda net: net.sum(net.input([1, 8, 8, 256]), (3,)),
    "pad": lambda net: net.pad(net.input(SHAPE), [(0, 0), (1, 1), (1, 1), (0, 0)]),
    "resize": lambda net: net.resize_bilinear(net.input(SHAPE), 40, 60, half_pixel=True),
}


@pytest.mark.parametrize("name", NETS)
def test_memory_is_that_of_vela(name: str) -> None:
    net = NetBuilder()
    NETS[name](net)
    data = net.build()
    target = resolve("ethos-u55-128")
    assert isinstance(target, EthosUTarget)
    found = price(perfcost.load(data), target)
    peaks = VelaLabeller().label(data, target).peak_memory_bytes
    assert found.memory_bytes["sram"] == peaks["sram"]
    assert found.memory_bytes["flash"] == pytest.approx(peaks["flash"], rel=0.02, abs=48)


def test_transposes_in_a_row_are_one() -> None:
    target = resolve("ethos-u55-128")
    assert isinstance(target, EthosUTarget)
    cycles = {}
    for name, perms in (
        ("one", ([0, 3, 1, 2],)),
        ("two", ([0, 2, 3, 1], [0, 1, 3, 2])),
        ("undone", ([0, 2, 3, 1], [0, 3, 1, 2])),
    ):
        net = NetBuilder()
        x = net.max_pool(net.input([1, 18, 34, 34]), 1, 1)
        for perm in perms:
            x = net.transpose(x, perm)
        net.max_pool(x, 1, 1)
        data = net.build()
        ops = price(perfcost.load(data), target).ops
        cycles[name] = sum(op.cycles or 0 for op in ops[1:-1])
        label = VelaLabeller().label(data, target)
        assert sum(op.cycles or 0 for op in ops) == label.cycles
    assert cycles["undone"] == 0 < cycles["two"] < 2 * cycles["one"]
