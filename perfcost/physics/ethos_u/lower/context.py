"""What all lowerings share: the graph, views of its tensors, copies."""

from __future__ import annotations

from dataclasses import replace

from perfcost.graph import BITS, Graph, Op
from perfcost.physics.ethos_u.draft import CONSTANT, HWC, TEMPORARY, Draft, View
from perfcost.physics.ethos_u.layout import volume

_ACTIVATION = {"NONE": "none", "RELU": "relu", "RELU6": "relu", "RELU_N1_TO_1": "relu"}


class Context:
    """The graph that is lowered, with what its ops need of it."""

    __slots__ = ("graph", "source")

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.source: dict[int, int] = {}
        """Tensor that a folded PAD reads, by the tensor that it writes."""

    def shape(self, tensor: int) -> tuple[int, ...]:
        return self.graph.tensors[tensor].shape

    def bits(self, tensor: int) -> int:
        return max(8, BITS[self.graph.tensors[tensor].dtype])

    def storage(self, tensor: int) -> int:
        return CONSTANT if self.graph.tensors[tensor].constant is not None else tensor

    def view(self, tensor: int, hwc: HWC | None = None) -> View:
        return View(
            self.storage(tensor),
            volume(self.shape(tensor))[1] if hwc is None else hwc,
            self.bits(tensor),
        )

    def values(self, tensor: int) -> tuple[int, ...]:
        constant = self.graph.tensors[tensor].constant
        return constant.values or () if constant is not None else ()


def activation(op: Op) -> str:
    return _ACTIVATION.get(op.activation, "lut")


def temporary(hwc: HWC, bits: int) -> View:
    """A tensor between the commands of one op."""
    return View(TEMPORARY, hwc, bits)


def copy(ifm: View, ofm: View) -> Draft:
    """A plain copy; elements wider than 16 bits go as several of 16."""
    if ifm.bits > 16:
        times = ifm.bits // 16

        def narrow(view: View) -> View:
            h, w, c = view.hwc
            part = view.part and (view.part[0], view.part[1], view.part[2] * times)
            return replace(view, hwc=(h, w, c * times), bits=16, part=part)

        ifm, ofm = narrow(ifm), narrow(ofm)
    return Draft("pool", "copy", ifm, ofm)
