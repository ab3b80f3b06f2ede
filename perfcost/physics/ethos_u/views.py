"""Ops that only look at a tensor with another shape: which are free, which copies stay.

A view shares the memory of what it looks at. A copy stays in front of it where both ends are fixed
outside the NPU, or where others read the tensor in its own shape; all of them then read the copy.
Restates ``RemoveReshape`` and ``InsertCopyOpAfterTensor`` of Regor (Vela 5.2.0, Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from perfcost.graph import Graph

Shape = tuple[int, ...]


class Views:
    """Removes views one after the other.

    Args:
        graph: whose ops they are.
        fixed: tensors that are written outside the NPU: inputs, constants, variables, the CPU's.
        needed: tensors that are read outside the NPU: outputs, the CPU's.
        readers: tensor -> positions of the ops that read it.

    Attributes:
        alias: tensor -> tensor whose memory it shares.
        shape: tensor -> the shape that its memory is kept with, where that is another's.
        moved: position -> tensor that it reads -> the copy that it reads in its place.
        copies: position of a view that is a copy -> the shape that it copies.
    """

    def __init__(
        self,
        graph: Graph,
        fixed: Callable[[int], bool],
        needed: Callable[[int], bool],
        readers: Callable[[int], Iterable[int]],
    ) -> None:
        self._graph = graph
        self._fixed = fixed
        self._needed = needed
        self._first_readers = readers
        self._readers: dict[int, list[int]] = {}
        self.alias: dict[int, int] = {}
        self.shape: dict[int, Shape] = {}
        self.moved: dict[int, dict[int, int]] = {}
        self.copies: dict[int, Shape] = {}

    def root(self, tensor: int) -> int:
        """The tensor whose memory a tensor shares in the end."""
        while tensor in self.alias:
            tensor = self.alias[tensor]
        return tensor

    def readers(self, tensor: int) -> list[int]:
        if tensor not in self._readers:
            self._readers[tensor] = list(self._first_readers(tensor))
        return self._readers[tensor]

    def shape_of(self, tensor: int) -> Shape:
        return self.shape.get(tensor, self._graph.tensors[tensor].shape)

    def remove(self, position: int, source: int, result: int) -> None:
        """Removes one view, or makes it the copy that it has to be."""
        source = self.root(self.moved.get(position, {}).get(source, source))
        constant = self._graph.tensors[source].constant is not None
        outside = constant or self._fixed(source)
        needed = self._needed(result)
        shared = len(self.readers(source)) > 1
        reshaped = self.shape_of(source) != self._graph.tensors[result].shape
        if (outside and needed) or (shared and reshaped and not constant):
            self._copy(position, source, result)
        else:
            self.share(source, result, but=position)

    def _copy(self, position: int, source: int, result: int) -> None:
        others = [reader for reader in self.readers(source) if reader != position]
        for reader in others:
            self.moved.setdefault(reader, {})[source] = result
        self._readers[result] = [*others, *self.readers(result)]
        self._readers[source] = [position]
        self.copies[position] = self.shape_of(source)

    def share(self, source: int, result: int, but: int) -> None:
        """One memory for a tensor and a view of it: that of the one which is needed outside.

        Args:
            source: the tensor.
            result: the view.
            but: position of the op between them, which is no more.
        """
        source, result = self.root(source), self.root(result)
        if source == result:
            return
        readers = [reader for reader in self.readers(source) if reader != but]
        readers += self.readers(result)
        shape = self.shape_of(result)
        if self._needed(result) and self._graph.tensors[source].constant is None:
            source, result = result, source
        self.alias[result] = source
        self._readers[source] = readers
        self.shape[source] = shape
