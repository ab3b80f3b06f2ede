"""The network in torch and in numpy say the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from perfcost.network.batch import collate
from perfcost.network.forward import CHEAPEST, DEAREST, predict
from perfcost.training.loop import quantile_edges
from perfcost.training.module import Network, TorchBatch
from tests.training.drawn import drawn


@pytest.fixture(scope="module")
def samples():
    return drawn("wild", range(12)) + drawn("keyword", range(6))


def network(samples, seed=1, noise=0.3) -> Network:
    torch.manual_seed(seed)
    hardware = np.stack([sample.hardware for sample in samples])
    net = Network(quantile_edges(samples, 6), hardware, 24, 2)
    with torch.no_grad():
        for head in (net.op[2], net.whole[2]):
            for parameter in head.parameters():
                parameter.normal_(std=noise)
    return net


def arrays(net: Network):
    return {name: value.numpy() for name, value in net.state_dict().items()}


def test_numpy_says_what_torch_says(samples) -> None:
    net = network(samples)
    batch = collate(samples)
    with torch.no_grad():
        there = net(TorchBatch.of(batch, torch.device("cpu")))
    here = predict(arrays(net), batch)
    for a, b in (
        (here.cycles, there.cycles),
        (here.op_cycles + 1, there.op_cycles + 1),
        (here.whole + 1, there.whole + 1),
        (here.spread, there.spread),
    ):
        assert np.abs(np.log(a) - np.log(b.numpy())).max() <= 1e-5


def test_together_or_alone_is_the_same(samples) -> None:
    weights = arrays(network(samples))
    together = predict(weights, collate(samples))
    alone = [predict(weights, collate([sample])) for sample in samples]
    assert np.concatenate([p.cycles for p in alone]) == pytest.approx(together.cycles, rel=1e-5)
    assert np.concatenate([p.whole for p in alone]) == pytest.approx(together.whole, rel=1e-5)


def test_untrained_network_gives_the_prior(samples) -> None:
    net = network(samples, noise=0.0)
    found = predict(arrays(net), collate(samples))
    prior = [sample.prior.sum() for sample in samples]
    assert found.cycles == pytest.approx(prior, rel=2e-3)


def test_ratio_is_bounded(samples) -> None:
    found = predict(arrays(network(samples, noise=50.0)), collate(samples))
    prior = np.concatenate([sample.prior for sample in samples])
    assert (found.op_cycles <= prior * np.exp(DEAREST) * (1 + 1e-9)).all()
    sums = np.array([sample.prior_whole[2] for sample in samples])
    assert (found.whole[:, 2] >= sums * np.exp(-CHEAPEST) * (1 - 1e-9)).all()
    assert (found.op_cycles[prior == 0] == 0).all(), "what the laws make free stays free"


def test_order_of_graphs_does_not_matter(samples) -> None:
    weights = arrays(network(samples))
    forward, backward = predict(weights, collate(samples)), predict(weights, collate(samples[::-1]))
    assert backward.cycles[::-1] == pytest.approx(forward.cycles, rel=1e-5)
