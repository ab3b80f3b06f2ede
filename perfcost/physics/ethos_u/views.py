"""Ops that only look at a tensor with another shape: which are free, which copies stay.

A view shares the memory of what it looks at. A copy stays in front of it where both ends are fixed
outside the NPU, or where others read the tensor in its own shape; all of them then read the copy.
Restates ``RemoveReshape`` and ``InsertCopyOpAfterTensor`` of Regor (Vela 5.2.0, Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Callable

from perfcost.graph import Graph

Shape = tuple[int, ...]


class Views:
    """Removes views one after the other.

    Args:
        graph: whose ops they are.
        fixed: tensors that are written outside the NPU: inputs, constants, variables, the CPU's.
        needed: tensors that are read outside the NPU: outputs, the CPU's.
        readers: tensor -> how many ops read it.

    Attributes:
        copies: position of a view that is a copy -> (the tensor that it copies, its shape).
        reads: position of a view -> the copy that it reads, where there was one before it.
    """

    def __init__(
        self,
        graph: Graph,
        fixed: Callable[[int], bool],
        needed: Callable[[int], bool],
        readers: Callable[[int], int],
    ) -> None:
        self._graph = graph
        self._fixed = fixed
        self._needed = needed
        self._first_readers = readers
        self._readers: dict[int, int] = {}
        self._alias: dict[int, int] = {}
        self._copy: dict[int, int] = {}
        self._shape: dict[int, Shape] = {}
        self.copies: dict[int, tuple[int, Shape]] = {}
        self.reads: dict[int, int] = {}

    def root(self, tensor: int) -> int:
        """The tensor whose memory a tensor shares in the end."""
        while tensor in self._alias:
            tensor = self._alias[tensor]
        return tensor

    def copy_of(self, tensor: int) -> int | None:
        """The last copy that a view has made of a tensor, which is read in its place."""
        found = None
        while (tensor := self.root(tensor)) in self._copy:
            found = tensor = self._copy[tensor]
        return found

    def shape_of(self, tensor: int) -> Shape:
        """The shape that a tensor's memory is kept with."""
        return self._shape.get(tensor, self._graph.tensors[tensor].shape)

    def _count(self, tensor: int) -> int:
        if tensor not in self._readers:
            self._readers[tensor] = self._first_readers(tensor)
        return self._readers[tensor]

    def remove(self, position: int, source: int, result: int) -> None:
        """Removes one view, or makes it the copy that it has to be."""
        copied = self.copy_of(source)
        if copied is not None:
            self.reads[position] = source = copied
        source = self.root(source)
        constant = self._graph.tensors[source].constant is not None
        outside = constant or self._fixed(source)
        shared = self._count(source) > 1
        reshaped = self.shape_of(source) != self._graph.tensors[result].shape
        if (outside and self._needed(result)) or (shared and reshaped and not constant):
            self.copies[position] = source, self.shape_of(source)
            self._readers[result] = self._count(source) - 1 + self._count(result)
            self._copy[source] = result
        else:
            self._readers[source] = self._count(source) - 1
            self.share(source, result)

    def share(self, source: int, result: int) -> None:
        """One memory for a tensor and a view of it: that of the one which is needed outside."""
        source, result = self.root(source), self.root(result)
        if source == result:
            return
        readers = self._count(source) + self._count(result)
        shape = self.shape_of(result)
        if self._needed(result) and self._graph.tensors[source].constant is None:
            source, result = result, source
        self._alias[result] = source
        self._readers[source] = readers
        self._shape[source] = shape
