"""The shipped weights say the same in numpy and in torch, on a thousand drawn graphs."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch

from perfcost.dataset.store import read
from perfcost.network import store
from perfcost.network.batch import collate
from perfcost.network.forward import predict
from perfcost.training.module import Network, TorchBatch
from perfcost.training.samples import samples_of

DATA = Path(__file__).parents[2] / "data" / "labels"
COUNT = 1_000


@pytest.mark.slow
def test_numpy_says_what_torch_says_of_a_thousand_graphs() -> None:
    model = store.load(store.SHIPPED / "ethos-u")
    config = model.manifest["config"]
    shards = [min(DATA.glob(f"{space}-v1-a0aabefb-*")) for space in ("image", "detect", "wild")]
    rows = [row for row in chain(*map(read, shards)) if row.target == "ethos-u55-128"]
    rows += [row for row in read(shards[-1]) if row.target == "ethos-u65-256"]
    found = list(samples_of(rows))[:COUNT]
    assert len(found) == COUNT
    network = Network(
        model.weights["edges"], np.stack([s.hardware for s in found]), config["width"],
        config["depth"],
    )  # fmt: skip
    names = network.state_dict().keys()
    network.load_state_dict({n: torch.from_numpy(np.array(model.weights[n])) for n in names})
    network.eval()
    for start in range(0, len(found), 50):
        batch = collate(found[start : start + 50])
        with torch.no_grad():
            there = network(TorchBatch.of(batch, torch.device("cpu")))
        here = predict(model.weights, batch)
        pairs = (here.cycles, there.cycles), (here.op_cycles + 1, there.op_cycles + 1)
        for a, b in pairs:
            assert np.abs(np.log(a) - np.log(b.numpy())).max() <= 1e-5
