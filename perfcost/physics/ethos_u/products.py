"""The product of two feature maps on an Ethos-U55 or U65: a MUL and a sum for each column.

Nothing multiplies two feature maps at once: one column of the second operand is multiplied with
the whole first one into a scratch tensor of 32 bits, which is then summed over its channels.
Restates ``EstimateMatMulCycles``, ``MeasureElementAccess`` and the blocks of MatMul of Regor (Vela
5.2.0, Apache-2.0): they count the sums as if their input were as wide as the operands.
"""

from __future__ import annotations

from perfcost.physics.ethos_u.blocks import HWC, Block, Engine, Work, choose
from perfcost.physics.ethos_u.command import Command, FeatureMap
from perfcost.physics.ethos_u.cycles import Compute, Traffic, burst_bytes, compute
from perfcost.targets import EthosUTarget

_LEAST_ROWS = 4


def blocks(engine: Engine, command: Command) -> tuple[Block, Block]:
    """The blocks that products and sums are computed in."""
    height, width, _ = command.ifm.hwc
    ifm = _parted(command.ifm.hwc, engine.block_max)
    sums = _parted((height, width, 1), engine.block_max)
    scalar = command.ifm.elements == 1
    found = (
        choose(engine, Work("elementwise", ifm, ifm, bits=command.ifm.bits, scalar=scalar)),
        choose(engine, Work("reduce", ifm, sums, bits=32)),
    )
    least = Block(engine.ublock, engine.ublock, False)
    return found[0] or least, found[1] or least


def _parted(hwc: HWC, limit: HWC) -> HWC:
    """Extents of a third or a half, so that one block need not wait for the one before."""
    height, width, depth = hwc
    axis = 0 if height > limit[0] else 1
    if hwc[axis] > limit[axis]:
        return hwc
    for parts in (3, 2):
        if hwc[axis] >= _LEAST_ROWS * parts:
            size = -(-hwc[axis] // parts)
            return (size, width, depth) if axis == 0 else (height, size, depth)
    return hwc


def product(
    target: EthosUTarget, command: Command, chosen: tuple[Block, Block], latency: int
) -> Compute:
    """Cycles of all columns; ``command.ifm2`` is (batch, columns, channels)."""
    ifm, ofm, second = command.ifm, command.ofm, command.ifm2
    assert second is not None
    height, width, _ = ifm.hwc
    row = FeatureMap(ifm.hwc, second.memory, second.brick, second.bits)
    scratch = FeatureMap(ifm.hwc, target.arena, False, 32)
    products = Command("elementwise", "mul", ifm, scratch, row)
    read = FeatureMap(ifm.hwc, target.arena, ifm.brick, ifm.bits)
    written = FeatureMap((height, width, 1), ofm.memory, ofm.brick, ofm.bits)
    sums = Command("reduce", "other", read, written)
    columns = second.hwc[1]
    parts = (
        compute(target, products, chosen[0], latency),
        compute(target, sums, chosen[1], latency),
    )
    return Compute(
        columns * sum(part.cycles for part in parts),
        columns * sum(part.mac_cycles for part in parts),
        columns * sum(part.output_cycles for part in parts),
        0,
    )


def traffic(target: EthosUTarget, command: Command, block: Block) -> Traffic:
    """Bytes of the operands, the result and the scratch tensor, which is written and read."""
    ifm, ofm, second = command.ifm, command.ofm, command.ifm2
    assert second is not None
    found, cores = Traffic(), target.cores
    elements = ifm.elements * second.hwc[1]
    read = burst_bytes(ifm, block.ifm, elements, reading=True, cores=cores)
    found.add(ifm.memory, read)
    read = burst_bytes(second, block.ifm, second.elements, reading=True, cores=cores)
    found.add(second.memory, read)
    written = burst_bytes(ofm, block.ofm, ofm.elements, reading=False, cores=cores)
    found.add(ofm.memory, written)
    found.add(target.arena, 2 * elements)
    return found
