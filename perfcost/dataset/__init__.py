"""Labelled graphs: which there are, how they are made, and how they are parted."""

from perfcost.dataset.key import GraphKey
from perfcost.dataset.split import Split, split_of
from perfcost.dataset.store import LabelRow, Store

__all__ = ["GraphKey", "LabelRow", "Split", "Store", "split_of"]
