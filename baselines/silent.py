"""The network in which no op hears of another: the layers are there, their messages are 0."""

from __future__ import annotations

import torch

from perfcost.network.features import Floats
from perfcost.training.module import Network


class SilentNetwork(Network):
    """Weights of messages are 0 and stay it, so that ``network.forward`` prices it as it is."""

    def __init__(self, edges: Floats, hardware: Floats, width: int, depth: int) -> None:
        super().__init__(edges, hardware, width, depth)
        for parameter in self.neighbours.parameters():
            torch.nn.init.zeros_(parameter)
            parameter.requires_grad_(False)
