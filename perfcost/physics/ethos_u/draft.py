"""What an op becomes on the NPU, before it is known where tensors lie and how they are laid out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from perfcost.weights import Histogram

HWC = tuple[int, int, int]

CONSTANT = -1
"""Storage of a constant operand."""

TEMPORARY = -2
"""Storage of a tensor between the commands of one op, in bricks."""

PLAIN = -3
"""Storage of such a tensor that two commands see with different extents: laid out plainly."""

AWAY = {TEMPORARY: -4, PLAIN: -5}
"""Storage of such tensors where they lie in the arena, since the cache has no room for them."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Weights of a command, as (output depth, kernel height, kernel width, input depth).

    ``elements`` counts the weights themselves, without the zeros that a widened kernel or the
    hardware's order add; ``histogram`` is ``None`` where they are not at hand, and ``bits`` then
    stands for their coded bits a weight, those zeros included.
    """

    shape: tuple[int, int, int, int]
    elements: int
    histogram: Histogram | None = None
    bits: float | None = None


@dataclass(slots=True)
class View:
    """A command's look at a tensor.

    Attributes:
        storage: the tensor whose memory it is, ``CONSTANT``, or below that a temporary.
        hwc: extents (height, width, channels) as the command sees the whole tensor.
        part: extents of the part that it touches, where that is not the whole.
        channel: first channel of that part.
        bits: of one element.
    """

    storage: int
    hwc: HWC
    bits: int = 8
    part: HWC | None = None
    channel: int = 0

    @property
    def touched(self) -> HWC:
        return self.part or self.hwc

    @property
    def elements(self) -> int:
        h, w, c = self.touched
        return h * w * c


@dataclass(slots=True)
class Draft:
    """A command whose feature maps are views. See ``command.Command`` for the fields.

    ``filters`` tells the weights, of a command that has some. ``linear`` asks for plain layout of
    both feature maps, ``linear_ofm`` of the result. On an Ethos-U85, ``swap`` is the permutation of
    a transposition, ``factor`` the horizontal (numerator, denominator) of a resize and ``chain``
    the elementwise ops that follow without a pass through memory.
    """

    kind: str
    operation: str
    ifm: View
    ofm: View
    ifm2: View | None = None
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    activation: str = "none"
    upscale: int = 1
    nearest: bool = False
    repeats: int = 1
    filters: Filters | None = None
    linear: bool = False
    uses_lut: bool = False
    swap: HWC = (0, 1, 2)
    factor: tuple[int, int] = (1, 1)
    chain: tuple[Draft, ...] = ()
    linear_ofm: bool = False


Drafts = list[Draft]


def fused(draft: Draft, activation: str) -> Draft:
    """The draft with an activation applied on its way out."""
    return replace(draft, activation=activation, uses_lut=draft.uses_lut or activation == "lut")


def table_bytes(draft: Draft) -> int:
    """Bytes of the table of a command that looks its results up; 0 of one that does not."""
    if not draft.uses_lut:
        return 0
    if draft.ifm.bits == 16:
        return 2048  # 512 entries of a value and a slope
    return 1024 if draft.ofm.bits == 32 else 256
