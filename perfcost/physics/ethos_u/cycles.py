"""What one command costs on an Ethos-U55 or U65: compute, and traffic by memory.

A command takes the longest of what its engines need: the MAC engine, the output engine, the issue
of block commands, and each memory. Restates ``EthosU55Performance`` of Regor (Vela 5.2.0,
Apache-2.0); checked row for row against the compiler's tables by ``tests/physics/test_cycles.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from perfcost.physics.ethos_u.blocks import SUBKERNEL, Block
from perfcost.physics.ethos_u.command import HWC, Command, FeatureMap, Weights
from perfcost.physics.ethos_u.layout import pieces
from perfcost.targets import EthosUTarget
from perfcost.targets.profile import Memory


@dataclass(slots=True)
class Traffic:
    """Bytes by memory, and the cycles that each memory needs for them."""

    bytes_moved: dict[str, float] = field(default_factory=dict)
    cycles: dict[str, float] = field(default_factory=dict)

    def add(self, memory: Memory, nbytes: float) -> None:
        """Bytes that are moved while the command runs."""
        self.count(memory, nbytes)
        self.occupy(memory, nbytes)

    def count(self, memory: Memory, nbytes: float) -> None:
        """Bytes that are moved, whenever that is."""
        self.bytes_moved[memory.name] = self.bytes_moved.get(memory.name, 0.0) + nbytes

    def occupy(self, memory: Memory, nbytes: float) -> None:
        """Time that a memory is busy with the command."""
        self.cycles[memory.name] = (
            self.cycles.get(memory.name, 0.0) + nbytes / memory.bytes_per_cycle
        )


@dataclass(frozen=True, slots=True)
class Compute:
    """Cycles of the engines for one command; ``refetches`` counts how often weights are read."""

    cycles: float
    mac_cycles: float
    output_cycles: float
    refetches: int


def _ceil(value: int, step: int) -> int:
    return -(-value // step)


def burst_bytes(
    feature_map: FeatureMap, block: HWC, elements: float, *, reading: bool, cores: int
) -> float:
    """Bytes that a transfer occupies on the bus: what a burst does not fill is lost."""
    bits, (_, width, depth) = feature_map.bits, feature_map.hwc
    if feature_map.brick:
        if width * bits * 2 == block[2]:
            run = bits * block[1] * block[2]
        else:
            run = 16 * bits * block[1] * (1 if reading else cores)
    elif depth * bits // 8 == block[2] and (reading or block[2] <= 16):
        run = bits * block[1] * block[2]
    elif reading:
        run = bits * block[2]
    else:
        run = min(512, 16 * bits * cores, block[2] * bits)
    longest = feature_map.memory.burst_length_bytes
    return elements * bits // 8 * longest // max(1, min(longest, run // 8))


def _block_cycles(feature_map: FeatureMap, block: HWC, *, reading: bool, cores: int) -> int:
    """Cycles to move one block of a feature map, latency included."""
    memory = feature_map.memory
    h, w, c = feature_map.hwc
    present = min(h, block[0]) * min(w, block[1]) * min(c, block[2])
    moved = burst_bytes(feature_map, block, present, reading=reading, cores=cores)
    latency = memory.read_latency_cycles if reading else memory.write_latency_cycles
    return latency + int(moved / memory.bytes_per_cycle)


def _ublock(target: EthosUTarget, command: Command) -> HWC:
    ublock = target.ofm_ublock_hwc
    one_row = command.ofm.hwc[0] == 1 and command.ofm.hwc[1] % 2 == 0 and command.kernel[0] == 1
    if ublock[0] == 2 and command.kind == "conv" and one_row:
        return 1, 4, ublock[2]
    return ublock


def _mac_cycles_per_block(
    target: EthosUTarget, command: Command, block: Block, ublocks: HWC, ublock: HWC
) -> float:
    """Cycles of the MAC engine for one block of the output."""
    kind, bits = command.kind, command.ifm.bits
    ifm_depth = min(command.ifm.hwc[2], block.ifm[2])
    weights = 32 * ublock[2] // 8
    plane, depth = ublocks[0] * ublocks[1], ublocks[2]
    wide_accumulator = bits == 16 and kind != "pool"
    smallest = target.macs_per_core_cycle == 32
    total = 0
    for elements, count in pieces(command.kernel, (SUBKERNEL, SUBKERNEL)):
        if kind == "pool":
            steps = 1
            cycles = max(4, elements) * plane * depth * (1 if smallest else bits // 2)
        elif kind == "depthwise":
            steps = _ceil(elements, 4)
            cycles = max(weights, 4 * plane * (bits // 8)) * steps * depth
        elif block.part_kernel:
            steps = _ceil(elements, 2 if bits == 16 else 4)
            cycles = max(weights, 4 * plane) * steps * depth * _ceil(ifm_depth, 8)
        else:
            steps = elements
            cycles = max(weights, 4 * plane) * steps * depth
        delay = (7 if wide_accumulator else 3) if smallest else 2
        if not smallest and wide_accumulator and target.macs_per_core_cycle <= 128:
            delay = 3
        stall = 0
        if plane == 1:
            if depth == 1:
                stall = delay * steps
            elif steps > 1:
                stall = delay * (steps - 1) * depth
        if smallest and wide_accumulator and depth > 1 and min(ublocks[:2]) == 1:
            stall += delay * depth
        if kind == "conv" and block.part_kernel:
            stall *= _ceil(ifm_depth, 8)
        total += (cycles + stall) * count
    if kind in ("conv", "reduce"):
        total *= _ceil(command.ifm.hwc[2], ifm_depth)
    return total // target.cores


def output_cycles_per_element(target: EthosUTarget, command: Command) -> float:
    """Cycles of the output engine for one element: what it computes, or its activation."""
    table, bits = target.output_cycles, command.ifm.bits
    elementwise = command.kind == "elementwise"
    if elementwise and bits == 32:
        cycles = table.int32_binary if command.ifm2 is not None else table.int32_unary
    elif command.operation == "mul":
        cycles = table.mul_int32 if command.ofm.bits == 32 else table.mul
    elif not elementwise and bits == 16 and command.kind != "pool":
        cycles = table.mul
    elif command.operation == "add":
        cycles = table.add_sub
    elif command.operation == "max_pool":
        cycles = table.max_pool
    else:
        cycles = table.other
    activation = target.activation_cycles
    return max(
        cycles,
        {"none": activation.none, "relu": activation.relu, "lut": activation.lut}[
            command.activation
        ],
    )


def _elementwise(target: EthosUTarget, command: Command, block: Block) -> Compute:
    h, w, c = command.ofm.hwc
    elements = command.batch * h * w * (_ceil(c, 16) * 16 if command.ofm.brick else c)
    per_element = output_cycles_per_element(target, command)
    output = math.ceil(per_element * elements)
    cores = target.cores
    reads = _block_cycles(command.ifm, block.ifm, reading=True, cores=cores)
    if command.ifm2 is not None:
        reads = max(reads, _block_cycles(command.ifm2, block.ifm, reading=True, cores=cores))
    moves = max(reads, _block_cycles(command.ofm, block.ofm, reading=False, cores=cores))
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
    if command.kind == "transpose":
        return _transpose(target, command, block)
    if command.kind == "elementwise":
        return _elementwise(target, command, block)
    ofm = command.ofm.hwc
    size = (min(ofm[0], block.ofm[0]), min(ofm[1], block.ofm[1]), min(ofm[2], block.ofm[2]))
    ublock = _ublock(target, command)
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
    if command.has_bias:
        output = max(output, 10 * size[2] * latency / 256)
    mac = _mac_cycles_per_block(target, command, block, ublocks, ublock)
    cores = target.cores
    reads = _block_cycles(command.ifm, block.ifm, reading=True, cores=cores)
    writes = _block_cycles(command.ofm, block.ofm, reading=False, cores=cores)
    issue = ((abs(writes - reads) if blocks > 1 else 0) + mac + output) / 4
    mac_bound, output_bound = max(mac, issue), max(output, issue)
    if mac_bound > output_bound:
        total: float = int(mac_bound * blocks) + (output_bound if last else 0)
    else:
        total = output_bound * blocks + mac_bound
    planes = command.batch * _ceil(ofm[0], size[0]) * _ceil(ofm[1], size[1])
    total += (reads if first else 0) + (writes if last else 0)
    return Compute(int(total), mac * blocks, output_only * blocks, planes)


def _transpose(target: EthosUTarget, command: Command, block: Block) -> Compute:
    """A transposition is timed by its reads and its writes alone."""
    cores = target.cores
    ifm, ofm = command.ifm, command.ofm
    read = burst_bytes(ifm, block.ifm, ifm.elements, reading=True, cores=cores)
    written = burst_bytes(ofm, block.ofm, ofm.elements, reading=False, cores=cores)
    return Compute(
        max(
            int(read / ifm.memory.bytes_per_cycle) + ifm.memory.read_latency_cycles,
            int(written / ofm.memory.bytes_per_cycle) + ofm.memory.write_latency_cycles,
        ),
        0,
        0,
        0,
    )


def traffic(target: EthosUTarget, command: Command, block: Block) -> Traffic:
    """Bytes of the feature maps that a command moves, and the cycles each memory takes for them."""
    found = Traffic()
    cores = target.cores
    ofm, ifm = command.ofm, command.ifm

    def stored(feature_map: FeatureMap, hwc: HWC) -> int:
        depth = _ceil(hwc[2], 16) * 16 if feature_map.brick else hwc[2]
        return command.batch * hwc[0] * hwc[1] * depth

    if command.kind == "elementwise":
        ifm2 = command.ifm2
        first = second = 0
        if ifm.elements == 1:
            if ifm.bits > 8:
                first = stored(ifm, ifm.hwc)
            elif ifm2 is not None:
                second = stored(ifm, ofm.hwc)
        else:
            first = stored(ifm, ofm.hwc)
            if ifm2 is not None and ifm2.elements > 1:
                second = first
            elif ifm2 is not None and ifm2.bits > 8:
                second = 16 if ifm.brick else 1
        found.add(ifm.memory, burst_bytes(ifm, block.ifm, first, reading=True, cores=cores))
        if ifm2 is not None:
            moved = burst_bytes(ifm2, block.ifm, second, reading=True, cores=cores)
            found.add(ifm2.memory, moved)
    elif command.kind == "transpose":
        moved = burst_bytes(ifm, block.ifm, ifm.elements, reading=True, cores=cores)
        found.add(ifm.memory, moved)
    else:
        size = tuple(min(a, b) for a, b in zip(ofm.hwc, block.ofm, strict=True))
        count = command.batch * _ceil(ofm.hwc[0], size[0]) * _ceil(ofm.hwc[1], size[1])
        if command.kind in ("conv", "reduce"):
            count *= _ceil(ofm.hwc[2], size[2])
        depth = _ceil(ifm.hwc[2], 16) * 16 if ifm.brick else ifm.hwc[2]
        subkernels = _ceil(command.kernel[0], SUBKERNEL) * _ceil(command.kernel[1], SUBKERNEL)
        area = min(ifm.hwc[0], block.ifm[0]) * min(ifm.hwc[1], block.ifm[1])
        elements = area * depth * subkernels * count
        found.add(ifm.memory, burst_bytes(ifm, block.ifm, elements, reading=True, cores=cores))
    written = stored(ofm, ofm.hwc)
    found.add(ofm.memory, burst_bytes(ofm, block.ofm, written, reading=False, cores=cores))
    return found


def with_weights(target: EthosUTarget, moved: Traffic, weights: Weights, refetches: int) -> Traffic:
    """Traffic of a command with that of its weights, read as often as blocks of the output ask."""
    found = Traffic(dict(moved.bytes_moved), dict(moved.cycles))
    source, staging = target.constants, target.cache
    whole = weights.coded_bytes + weights.scale_bytes
    if not weights.staged:
        found.add(source, whole * refetches)
        return found
    late = max(0.0, weights.coded_bytes - weights.first_bytes * weights.prebuffered)
    found.occupy(source, late + weights.scale_bytes * refetches)
    found.occupy(staging, late + weights.coded_bytes * refetches)
    found.count(source, whole)
    found.count(staging, whole * (1 + refetches))
    return found
