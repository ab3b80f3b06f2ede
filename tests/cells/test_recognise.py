"""The cell of a graph: whoever wrote it, and nothing that only looks like one."""

from __future__ import annotations

from dataclasses import replace

import pytest

import perfcost
from perfcost.cells import Structure, parse, spell
from perfcost.cells.recognise import NotACell, recognise
from perfcost.errors import InvalidGraph, Unsupported
from perfcost.frontends.tflite import read_tflite
from perfcost.graph import Graph, Tensor
from perfcost.spaces import zoo
from perfcost.spaces.nasbench201 import nasbench201
from tests.cells import nets

CELLS = [
    (3, 0, 1, 1, 4, 2),
    (0, 0, 0, 1, 0, 0),
    (3, 3, 3, 3, 3, 3),
    (2, 4, 0, 3, 1, 2),
    (1, 1, 1, 1, 1, 1),
    (4, 0, 0, 0, 4, 0),
    (3, 0, 2, 0, 2, 1),
    (1, 3, 2, 0, 0, 4),
]


@pytest.mark.parametrize("cell", CELLS)
def test_written_and_read_again(cell: tuple[int, ...]) -> None:
    name = spell(cell)  # type: ignore[arg-type]
    found = recognise(read_tflite(nasbench201(name)))
    assert Structure.of(found.cell).key == Structure.of(parse(name)).key
    assert found.batch == 1
    counts = Structure.of(parse(name)).counts
    assert len(found.in_cells) == 15 * (
        counts.conv_1x1 + counts.conv_3x3 + counts.avg_pool_3x3 + counts.add
    )


@pytest.mark.parametrize("cell", CELLS)
def test_written_with_relus_behind(cell: tuple[int, ...]) -> None:
    found = recognise(nets.network([nets.of(cell)] * 15, head="pool" if cell[2] else "mean"))
    assert Structure.of(found.cell).key == Structure.of(cell).key  # type: ignore[arg-type]


def test_batch_and_integers() -> None:
    assert recognise(read_tflite(nasbench201(nets.FULL, batch=32))).batch == 32
    assert recognise(read_tflite(nasbench201(nets.FULL, dtype="int8"))).batch == 1


def test_dead_edges_are_not_written() -> None:
    dead = "|nor_conv_3x3~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|"
    assert spell(recognise(read_tflite(nasbench201(dead))).cell) == dead.replace(
        "nor_conv_3x3", "none"
    )


def test_a_constant_network_is_not_written() -> None:
    with pytest.raises(InvalidGraph, match="does not depend on its input"):
        nasbench201("|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|")
    with pytest.raises(Unsupported, match="name of a NAS-Bench-201 cell"):
        nasbench201("a cell")


def _refused(graph: Graph) -> str:
    with pytest.raises(NotACell) as caught:
        recognise(graph)
    return str(caught.value)


def test_other_networks_are_refused() -> None:
    for name in ("mlperf_tiny_ic", "mobilenet_v2", "ssd_mobilenet_v2", "bert_tiny_encoder"):
        assert "expected" in _refused(read_tflite(zoo.build(name, "float32")))
    empty = Graph("empty", (Tensor("x", (1, 32, 32, 3), "float32"),), (), (0,), (0,))
    assert "no op" in _refused(empty)


def _conv_without_relu(net: nets.NetBuilder, x: nets.Tensor) -> nets.Tensor:
    return net.conv(x, x.shape[3], 3)


def _conv5(net: nets.NetBuilder, x: nets.Tensor) -> nets.Tensor:
    return net.conv(x, x.shape[3], 5, act="relu")


def _relu6(net: nets.NetBuilder, x: nets.Tensor) -> nets.Tensor:
    return net.conv(net.relu(x), x.shape[3], 3, act="relu6")


def _dilated(net: nets.NetBuilder, x: nets.Tensor) -> nets.Tensor:
    return net.conv(x, x.shape[3], 3, act="relu", dilation=2)


def _groups(net: nets.NetBuilder, x: nets.Tensor) -> nets.Tensor:
    return net.conv(x, x.shape[3], 3, act="relu", groups=2)


def _max_pool(net: nets.NetBuilder, x: nets.Tensor) -> nets.Tensor:
    return net.max_pool(x, 3, 1)


def _zeroed(net: nets.NetBuilder, x: nets.Tensor) -> nets.Tensor:
    return net.add(nets.conv3(net, x), net.mul(x, 0.0))


def _twice_a_sum(net: nets.NetBuilder, x: nets.Tensor) -> nets.Tensor:
    both = net.add(nets.conv3(net, x), nets.conv1(net, x))
    return net.add(both, both)


def _three_in_a_row_beside_three(net: nets.NetBuilder, x: nets.Tensor) -> nets.Tensor:
    y, z = x, x
    for _ in range(3):
        y, z = nets.conv3(net, y), nets.conv3(net, z)
    return net.add(y, z)


def _doubled(net: nets.NetBuilder, x: nets.Tensor) -> nets.Tensor:
    for _ in range(40):  # a sum of 2 ** 40 terms
        x = net.add(x, x)
    return x


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_doubled, "at most 9"),
        (_conv_without_relu, "expected a ReLU"),
        (_conv5, "5x5 CONV_2D"),
        (_relu6, "expected a ReLU"),
        (_dilated, "without groups and dilation"),
        (_groups, "without groups and dilation"),
        (_max_pool, "MAX_POOL_2D"),
        (_zeroed, "MUL"),
        (_twice_a_sum, "in another order"),
        (_three_in_a_row_beside_three, "in another order"),
    ],
)
def test_cells_of_other_spaces_are_refused(make: nets.Make, words: str) -> None:
    assert words in _refused(nets.network([make] * 15))


def test_frames_of_another_size_are_refused() -> None:
    cell = nets.of(CELLS[0])
    assert "CONV_2D" in _refused(nets.network([cell] * 15, width=8))
    assert "images of 32 x 32 x 3" in _refused(nets.network([cell] * 15, size=64))
    assert "10 classes" in _refused(nets.network([cell] * 15, classes=100))
    assert "residual block" in _refused(nets.network([cell] * 15, halve="stride"))
    assert "mean of each channel" in _refused(nets.network([cell] * 15, head="flat"))
    assert "5 equal cells" in _refused(nets.network([nets.conv3] * 12))
    assert "expected" in _refused(nets.network([cell] * 12))


def test_unequal_cells_are_refused() -> None:
    one, other = nets.of((3, 0, 0, 1, 4, 0)), nets.of((4, 0, 0, 1, 3, 0))
    assert "2 different ones" in _refused(nets.network([one] * 14 + [other]))
    assert "expected" in _refused(nets.network([one] * 14 + [nets.of(CELLS[0])]))
    # a stage of cells that do nothing, beside others
    assert "different" in _refused(nets.network([one] * 10 + [nets.skip] * 5))


def test_an_output_too_many_is_refused() -> None:
    graph = read_tflite(nasbench201(nets.FULL))
    more = replace(graph, outputs=(*graph.outputs, graph.ops[3].outputs[0]))
    assert "1 inputs and 2 outputs" in _refused(more)


@pytest.mark.slow
def test_every_network_of_the_space_is_recognised() -> None:
    from perfcost.cells.structure import _cells

    for cells in _cells().values():
        for cell in cells[::5]:
            found = recognise(nets.network([nets.of(cell)] * 15))
            assert Structure.of(found.cell).key == Structure.of(cell).key


def test_a_module_of_pytorch() -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("tvm")
    from tests.cells.in_torch import network

    graph = perfcost.load(network(nets.FULL), example_inputs=torch.zeros(1, 3, 32, 32))
    found = recognise(graph)
    assert Structure.of(found.cell).key == Structure.of(parse(nets.FULL)).key
