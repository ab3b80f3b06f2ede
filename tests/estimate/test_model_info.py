"""Which model was priced: its hash is worked out when it is asked for, and travels along."""

from __future__ import annotations

import pickle

import perfcost
from perfcost.estimation.result import ModelInfo
from perfcost.graph import Graph
from perfcost.hashing import structural_hash


def net(channels: int) -> Graph:
    b = perfcost.GraphBuilder("net")
    return b.build([b.conv2d(b.input((1, 8, 8, 16)), channels, 3)])


def test_the_hash_is_that_of_the_graph() -> None:
    graph = net(16)
    found = perfcost.estimate(graph, "ethos-u55-128").model
    assert found.structural_hash == structural_hash(graph)


def test_models_are_the_same_where_all_is_and_the_hash() -> None:
    first, same, other = (ModelInfo("net", 1, 5, net(channels)) for channels in (16, 16, 24))
    assert first == same
    assert hash(first) == hash(same)
    assert first != other
    assert first != "net"


def test_a_pickled_estimate_takes_the_hash_and_leaves_the_graph() -> None:
    graph = net(16)
    found = perfcost.estimate(graph, "ethos-u55-128")
    pickled = pickle.dumps(found)
    again = pickle.loads(pickled)
    assert again == found
    assert again.model.structural_hash == structural_hash(graph)
    assert b"Tensor" not in pickled
