"""What one command costs on an Ethos-U85: compute, and traffic by memory and channel.

Restates ``EthosU85Performance`` of Regor (Vela 5.2.0, Apache-2.0); checked row for row against the
compiler's tables by ``tests/physics/test_u85_cycles.py``.
"""

from __future__ import annotations

import math

from perfcost.physics.ethos_u.blocks import SUBKERNEL, Block
from perfcost.physics.ethos_u.command import HWC, Command, FeatureMap, Weights
from perfcost.physics.ethos_u.cycles import Compute, burst_bytes
from perfcost.physics.ethos_u.layout import pieces
from perfcost.physics.ethos_u.u85.channels import Channels, Traffic
from perfcost.physics.ethos_u.u85.hardware import DIVISION_CYCLES, output_engine
from perfcost.targets import EthosUTarget

STREAMED = frozenset({"elementwise", "resize"})
"""Kinds whose operands are read through the streaming channel."""

_PLANAR = frozenset({"pool", "copy", "minmax"})
_SWAPPED = frozenset({(1, 0, 2), (1, 2, 0), (2, 1, 0)})
"""Transpositions at half the throughput: what was the width leaves the place."""


def _ceil(value: int, step: int) -> int:
    return -(-value // step)


def _present(feature_map: FeatureMap, block: HWC) -> int:
    h, w, c = feature_map.hwc
    return min(h, block[0]) * min(w, block[1]) * min(c, block[2])


def _moved(feature_map: FeatureMap, block: HWC, elements: int, *, reading: bool) -> float:
    return burst_bytes(feature_map, block, elements, reading=reading, cores=1)


def _block_cycles(feature_map: FeatureMap, block: HWC, *, reading: bool) -> int:
    """Cycles to move one block of a feature map, latency included."""
    memory = feature_map.memory
    moved = _moved(feature_map, block, _present(feature_map, block), reading=reading)
    latency = memory.read_latency_cycles if reading else memory.write_latency_cycles
    return latency + int(moved / memory.bytes_per_cycle)


def _reads(command: Command, block: Block) -> int:
    reads = _block_cycles(command.ifm, block.ifm, reading=True)
    if command.ifm2 is not None:
        reads = max(reads, _block_cycles(command.ifm2, block.ifm, reading=True))
    return reads


def _one(
    target: EthosUTarget, operation: str, bits: int, ofm_bits: int, *, binary: bool, stays: bool
) -> float:
    """Cycles of the output engine for one element of one op."""
    engine = output_engine(target)
    if operation == "div":
        return DIVISION_CYCLES
    if stays and 32 in (bits, ofm_bits):
        return engine.chained
    if ofm_bits > 32:
        return engine.bits64
    if binary and bits == 32:
        return engine.binary32 if ofm_bits == 32 else engine.chained
    return {32: engine.bits32, 16: engine.bits16}.get(ofm_bits, engine.bits8)


def _resize(target: EthosUTarget, command: Command) -> float:
    engine = output_engine(target)
    size = 0 if command.ifm.bits == 8 else 1
    factor = min(
        (command.ofm.hwc[axis] + command.ifm.hwc[axis] // 2) // command.ifm.hwc[axis]
        for axis in (0, 1)
    )
    high = factor >= target.macs_per_cycle // 512
    return (engine.resize_high if high else engine.resize_low)[size]


def output_cycles_per_element(target: EthosUTarget, command: Command) -> float:
    """Cycles of the output engine for one element: of each op of the chain, or its activation."""
    engine = output_engine(target)
    stays = bool(command.chain) or command.activation != "none"
    ofm_bits = command.ofm.bits
    if command.activation == "lut" and command.ifm.bits == 8:
        ofm_bits = 8  # the table widens the result
    if command.kind == "resize":
        cycles = _resize(target, command)
    else:
        cycles = _one(
            target, command.operation, command.ifm.bits, ofm_bits,
            binary=command.kind == "elementwise" and command.ifm2 is not None, stays=stays,
        )  # fmt: skip
    if command.operation in ("activation", "transpose"):
        cycles = 0.0
    if command.operation == "activation" or command.activation != "none":
        cycles = max(cycles, engine.activation)
    if command.swap != (0, 1, 2):
        cycles = max(cycles, engine.swapped if command.swap in _SWAPPED else engine.activation)
    for number, link in enumerate(command.chain):
        last = number == len(command.chain) - 1
        one = _one(
            target, link.operation, link.bits, link.ofm.bits, binary=link.binary,
            stays=not last or link.activation != "none",
        )  # fmt: skip
        cycles += max(one, engine.activation) if link.activation != "none" else one
    return cycles


def _mac_cycles_per_block(
    target: EthosUTarget, command: Command, block: Block, ublocks: HWC, ifm_depth: int
) -> int:
    """Cycles of the MAC engine for one block of the output."""
    kind, bits = command.kind, command.ifm.bits
    weights = 32 * block.ublock[2] // (8 * target.cores)
    plane, depth = ublocks[0] * ublocks[1], ublocks[2]
    wide = bits == 16 and kind in ("conv", "depthwise", "matmul")
    delay = 3 if wide and target.macs_per_cycle <= 128 else 2
    total = 0
    for elements, count in pieces(command.kernel, (SUBKERNEL, SUBKERNEL)):
        if kind in _PLANAR:
            steps = 1
            cycles = max(4, elements) * plane * depth * (bits // 2)
        elif kind == "depthwise":
            steps = _ceil(elements, 4)
            cycles = max(weights, 4 * plane * (bits // 8)) * steps * depth
        elif block.part_kernel:
            steps = _ceil(elements, 2 if bits == 16 else 4)
            cycles = max(weights, 4 * plane) * steps * depth * _ceil(ifm_depth, 8)
        else:
            steps = elements
            cycles = max(weights, ifm_depth // 8 * plane) * steps * depth * (bits // 8)
        if block.sparse:
            cycles //= 2
        stall = 0
        if plane == 1:
            if depth == 1:
                stall = delay * steps
            elif steps > 1:
                stall = delay * (steps - 1) * depth
        if block.part_kernel:
            stall *= _ceil(ifm_depth, 8)
        total += (cycles + stall) * count
    if kind in ("conv", "matmul", "reduce"):
        total *= _ceil(command.ifm.hwc[2], ifm_depth)
    return total


def _elementwise(target: EthosUTarget, command: Command, block: Block) -> Compute:
    h, w, c = command.ofm.hwc
    elements = command.batch * h * w * (_ceil(c, 16) * 16 if command.ofm.brick else c)
    per_element = output_cycles_per_element(target, command)
    output = math.ceil(per_element * elements)
    moves = max(_reads(command, block), _block_cycles(command.ofm, block.ofm, reading=False))
    volume = block.ofm[0] * block.ofm[1] * block.ofm[2]
    issue = math.ceil((moves / volume + per_element) / 4 * elements)
    return Compute(max(output, issue), 0, output, 0)


def compute(
    target: EthosUTarget,
    command: Command,
    block: Block,
    latency: int,
    *,
    first: bool = True,
    last: bool = True,
) -> Compute:
    """Cycles of the engines for a command.

    Args:
        latency: read latency in cycles of the memory that scales and biases come from.
        first, last: whether this is the first and the last slice of an operation done in slices
            of its depth; what lies between overlaps with its neighbours.
    """
    if command.kind == "gather":
        return Compute(0, 0, 0, 0)
    if command.kind in STREAMED:
        return _elementwise(target, command, block)
    ofm = command.ofm.hwc
    size = (min(ofm[0], block.ofm[0]), min(ofm[1], block.ofm[1]), min(ofm[2], block.ofm[2]))
    ublock = block.ublock
    ublocks = (_ceil(size[0], ublock[0]), _ceil(size[1], ublock[1]), _ceil(size[2], ublock[2]))
    all_ublocks = (
        command.batch
        * _ceil(ofm[0], ublock[0])
        * _ceil(ofm[1], ublock[1])
        * _ceil(ofm[2], ublock[2])
    )
    blocks = all_ublocks / (ublocks[0] * ublocks[1] * ublocks[2])
    per_element = output_cycles_per_element(target, command)
    output_only = math.ceil(per_element * size[0] * size[1] * size[2])
    output: float = output_only
    if command.has_bias and command.kind in ("conv", "depthwise"):
        output = max(output, 10 * size[2] * latency / 256)
    ifm_depth = min(command.ifm.hwc[2], block.ifm[2])
    mac = _mac_cycles_per_block(target, command, block, ublocks, ifm_depth)
    reads = _reads(command, block)
    writes = _block_cycles(command.ofm, block.ofm, reading=False)
    issue = ((abs(writes - reads) if blocks > 1 else 0) + mac + output) / 4
    mac_bound, output_bound = max(mac, issue), max(output, issue)
    if mac_bound > output_bound:
        total: float = int(mac_bound * blocks) + (output_bound if last else 0)
    else:
        total = output_bound * blocks + mac_bound
    planes = command.batch * _ceil(ofm[0], size[0]) * _ceil(ofm[1], size[1])
    total += (reads if first else 0) + (writes if last else 0)
    return Compute(int(total), mac * blocks, output_only * blocks, planes)


def _stored(feature_map: FeatureMap, batch: int, *, brick: bool) -> int:
    h, w, c = feature_map.hwc
    return batch * h * w * (_ceil(c, 16) * 16 if brick else c)


def _read(found: Traffic, command: Command, block: Block) -> None:
    """The operands of a command that reads each once."""
    ifm, ifm2 = command.ifm, command.ifm2
    encoded = False
    for operand in (ifm, ifm2) if ifm2 is not None else (ifm,):
        if operand.elements > 1 or encoded:
            elements = _stored(operand, command.batch, brick=ifm.brick)
            moved = _moved(operand, block.ifm, elements, reading=True)
            found.add(operand.memory, "stream", moved)
        else:  # one scalar is part of the command
            encoded = True


def fetched_elements(command: Command, block: Block) -> int:
    """Input elements that the blocks of a MAC command fetch."""
    ofm, ifm = command.ofm.hwc, command.ifm
    size = tuple(min(a, b) for a, b in zip(ofm, block.ofm, strict=True))
    count = command.batch * _ceil(ofm[0], size[0]) * _ceil(ofm[1], size[1])
    if command.kind in ("conv", "matmul", "reduce"):
        count *= _ceil(ofm[2], size[2])
    depth = _ceil(ifm.hwc[2], 16) * 16 if ifm.brick else ifm.hwc[2]
    subkernels = _ceil(command.kernel[0], SUBKERNEL) * _ceil(command.kernel[1], SUBKERNEL)
    area = min(ifm.hwc[0], block.ifm[0]) * min(ifm.hwc[1], block.ifm[1])
    return area * depth * subkernels * count


def traffic(channels: Channels, command: Command, block: Block) -> Traffic:
    """Bytes of the feature maps that a command moves, and the cycles each memory takes for them."""
    found = Traffic(channels)
    ifm = command.ifm
    if command.kind in STREAMED:
        _read(found, command, block)
    elif command.kind == "gather":
        indices = command.ifm2 if command.ifm2 is not None else ifm
        for operand in (ifm, indices):
            elements = _stored(indices, command.batch, brick=ifm.brick)
            moved = _moved(operand, (1, 1, 1), elements, reading=True)
            found.add(operand.memory, "ifm", moved)
    else:
        moved = _moved(ifm, block.ifm, fetched_elements(command, block), reading=True)
        found.add(ifm.memory, "ifm", moved)
    written: FeatureMap | None = command.ofm
    if command.chain:
        written = command.chain[-1].ofm
        for link in command.chain:
            for operand in link.external:
                elements = _stored(operand, 1, brick=operand.brick)
                moved = _moved(operand, block.ifm, elements, reading=True)
                found.add(operand.memory, "stream", moved)
        last = command.chain[-1]
        if last.binary and last.activation == "none":
            written = None  # the compiler counts one outside map of an op only, the operand here
    if written is not None:
        elements = _stored(written, command.batch, brick=written.brick)
        size = (1, 1, 1) if command.kind == "gather" else block.ofm
        found.add(written.memory, "write", _moved(written, size, elements, reading=False))
    return found


def with_weights(target: EthosUTarget, moved: Traffic, weights: Weights, refetches: int) -> Traffic:
    """Traffic of a command with that of its weights, read as often as blocks of the output ask."""
    found = moved.copy()
    source, staging = target.constants, target.cache
    whole = weights.coded_bytes + weights.scale_bytes
    if not weights.staged:
        found.add(source, "weights", weights.coded_bytes * refetches, "weights")
        found.add(source, "scales", weights.scale_bytes * refetches, "scales")
        return found
    late = max(0.0, weights.coded_bytes - weights.first_bytes * weights.prebuffered)
    channel = "fast_weights" if weights.fast else "weights"
    found.occupy(source, "copy", late, "weights")
    found.occupy(staging, "write", late, "weights")
    found.occupy(staging, channel, weights.coded_bytes * refetches, "weights")
    found.occupy(source, "scales", weights.scale_bytes * refetches, "scales")
    # scales are copied and read with the weights; in time they count as read where they were
    found.count(source, whole)
    found.count(staging, whole * (1 + refetches))
    return found
