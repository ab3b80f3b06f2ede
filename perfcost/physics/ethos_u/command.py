"""One operation as the NPU runs it: the unit that is timed.

An op of the graph becomes no command (free), one, or several (a SOFTMAX is about twenty).
"""

from __future__ import annotations

from dataclasses import dataclass

from perfcost.targets.profile import Memory

HWC = tuple[int, int, int]


@dataclass(slots=True)
class FeatureMap:
    """A tensor as a command sees it: extents, where it lies and how it is laid out.

    ``brick`` is NHCWB16 (16 channels side by side); else plain NHWC. ``bits`` is of one element.
    ``row`` is the (width, channels) of the whole tensor where the command sees a part of it.
    """

    hwc: HWC
    memory: Memory
    brick: bool = False
    bits: int = 8

    @property
    def elements(self) -> int:
        return self.hwc[0] * self.hwc[1] * self.hwc[2]


@dataclass(slots=True)
class Weights:
    """Encoded weights of a command, and how they reach the MAC engine.

    Attributes:
        coded_bytes: encoded weights.
        scale_bytes: encoded scales and biases.
        staged: read once from ``constants`` into the cache, and from there each time.
        first_bytes: what must be in the cache before the first block starts (staged only).
        prebuffered: that part is loaded while the command before runs.
        transfer_cycles: of the whole from constants to cache (staged only).
        fast: coded for the fast decoder (Ethos-U85).
    """

    coded_bytes: float
    scale_bytes: float
    staged: bool = False
    first_bytes: float = 0.0
    prebuffered: bool = False
    transfer_cycles: float = 0.0
    fast: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """An elementwise op chained to the command before it: its operand never leaves the NPU.

    Attributes:
        operation: as of a command.
        bits: of the operands.
        ofm: its result; in memory only where the chain ends.
        external: operands that do lie in memory.
        binary: whether it has two operands, a scalar counted.
        activation: applied on the way out.
    """

    operation: str
    bits: int
    ofm: FeatureMap
    external: tuple[FeatureMap, ...] = ()
    binary: bool = True
    activation: str = "none"


@dataclass(slots=True)
class Command:
    """One operation of the NPU.

    Attributes:
        kind: ``conv``, ``depthwise``, ``pool``, ``reduce``, ``elementwise`` or ``transpose``.
        operation: what picks the cost of the output engine: ``add``, ``mul``, ``max_pool``,
            ``other``.
        ifm, ifm2, ofm: its feature maps; ``ifm2`` of a binary elementwise op only.
        activation: ``none``, ``relu`` or ``lut``, applied on the way out.
        has_bias: a scale and bias table is read.
        swap: permutation of a transposition done on the way out (Ethos-U85).
        chain: elementwise ops that follow without a pass through memory (Ethos-U85).
    """

    kind: str
    operation: str
    ifm: FeatureMap
    ofm: FeatureMap
    ifm2: FeatureMap | None = None
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    activation: str = "none"
    upscale: int = 1
    nearest: bool = False
    batch: int = 1
    has_bias: bool = False
    repeats: int = 1
    swap: HWC = (0, 1, 2)
    chain: tuple[Link, ...] = ()
