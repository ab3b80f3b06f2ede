"""From an instruction to what the pipeline needs: registers, latencies, units, pairing, class."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from perfcost.labels.arm_cpu.core import tables
from perfcost.labels.arm_cpu.core.assembly import (
    Instruction,
    is_full_width,
    is_vector,
    registers,
)

FLAGS = "flags"


class Unit(Enum):
    """What an instruction keeps busy."""

    ALU = "one of two integer units"
    HALF_VECTOR = "one of two vector units of 64 bits"
    VECTOR = "both vector units"
    INSERT = "moves from general to vector registers"
    MULTIPLY = "integer multiplier and divider"
    LOAD = "load unit"
    STORE = "store unit"
    BRANCH = "branch unit"


class Pairing(Enum):
    """Where in a pair an instruction may stand."""

    ANY = "first or second"
    FIRST = "first only"
    ALONE = "in no pair"


class Kind(Enum):
    """Classes that are counted. A branch is scalar."""

    SCALAR = "scalar"
    LOAD = "load"
    STORE = "store"
    VECTOR = "vector"
    MULTIPLY_ACCUMULATE = "mac"


class Forwarding(Enum):
    """What a result is when the next instruction accumulates on it."""

    NONE = 0
    PRODUCT = 1
    LONG_PRODUCT = 2


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction as the pipeline sees it. Times are in cycles."""

    kind: Kind
    reads: tuple[str, ...] = ()
    accumulator: str | None = None
    """Read late, and forwarded from the multiply before."""
    writes: tuple[tuple[str, int], ...] = ()
    """Register and latency."""
    pairing: Pairing = Pairing.ANY
    fills: int = 0
    """Whole cycles in which nothing else issues."""
    unit: Unit | None = None
    busy: int = 1
    """Cycles of the unit."""
    forwarding: Forwarding = Forwarding.NONE


def decode(instruction: Instruction | None, vector_latency: int) -> Step:
    """The step of an instruction; ``vector_latency`` is that of LLVM's table."""
    if instruction is None or instruction.mnemonic in tables.NO_WORK:
        return Step(Kind.SCALAR)
    if instruction.mnemonic in tables.BRANCHES:
        return _branch(instruction)
    brackets = [i for i, text in enumerate(instruction.operands) if text.startswith("[")]
    if brackets and instruction.mnemonic.startswith(tables.LOADS):
        return _load(instruction, brackets[0])
    if brackets and instruction.mnemonic.startswith(tables.STORES):
        return _store(instruction, brackets[0])
    if any(is_vector(text) for text in instruction.operands):
        return _vector(instruction, vector_latency)
    return _scalar(instruction)


def _branch(instruction: Instruction) -> Step:
    reads: tuple[str, ...] = ()
    if instruction.condition:
        reads = (FLAGS,)
    elif instruction.mnemonic == "ret":
        reads = ("x30",)
    elif instruction.mnemonic not in ("b", "bl", "svc"):
        reads = tuple(_all(instruction.operands)[:1])
    return Step(Kind.SCALAR, reads, unit=Unit.BRANCH)


def _all(operands: tuple[str, ...]) -> list[str]:
    return [register for operand in operands for register in registers(operand)]


def _address(instruction: Instruction, place: int) -> tuple[list[str], tuple[tuple[str, int], ...]]:
    """Registers that make the address, and the one that is written back."""
    address = registers(instruction.operands[place])
    behind = instruction.operands[place + 1 :]
    changed = instruction.operands[place].endswith("!") or behind
    back = ((address[0], tables.WRITE_BACK_LATENCY),) if changed and address else ()
    return [*address, *_all(behind[:1])], back


def _load(instruction: Instruction, place: int) -> Step:
    reads, back = _address(instruction, place)
    name = instruction.mnemonic
    data = instruction.operands[:place] if name != "prfm" else ()
    results = _all(data)
    first = data[0] if data else "x0"
    lane = "}[" in first
    count = max(1, len(results))
    step = Step(Kind.LOAD, unit=Unit.LOAD)
    latency = tables.LOAD_LATENCY
    if name[:3] in ("ld2", "ld3", "ld4"):
        fills = count if name.endswith("r") else tables.STRUCTURED_LOAD_CYCLES[int(name[2])]
        step, latency = _filling(step, fills), fills + tables.LOAD_AFTER_CYCLES
    elif name == "ld1r" or (name == "ld1" and not is_full_width(first) and not lane):
        step, latency = replace(step, busy=count), count + tables.LOAD_AFTER_CYCLES
    elif name == "ld1" and lane:
        latency = tables.LANE_LOAD_LATENCY
        reads += results
    elif is_full_width(first):
        fills = tables.FULL_LOAD_CYCLES * count
        step, latency = _filling(step, fills), fills + tables.LOAD_AFTER_CYCLES
    elif name in ("ldp", "ldnp", "ldpsw") and first[0] in "xd":
        step, latency = replace(step, busy=2), tables.PAIR_LOAD_LATENCY
    elif name.startswith(tables.EXCLUSIVE):
        step, latency = _filling(step, tables.ATOMIC_CYCLES), tables.ATOMIC_LATENCY
    writes = (*((register, latency) for register in results), *back)
    return replace(step, reads=tuple(reads), writes=writes)


def _filling(step: Step, cycles: int) -> Step:
    return replace(step, pairing=Pairing.ALONE, fills=cycles, unit=None)


def _store(instruction: Instruction, place: int) -> Step:
    reads, back = _address(instruction, place)
    name = instruction.mnemonic
    stored = _all(instruction.operands[:place])
    first = instruction.operands[0]
    step = Step(Kind.STORE, (*reads, *stored), writes=back, unit=Unit.STORE)
    if name[:3] in ("st2", "st3", "st4"):
        return _filling(step, tables.STRUCTURED_STORE_CYCLES[int(name[2])])
    if is_full_width(first):
        return replace(step, busy=2 * max(1, len(stored)), pairing=Pairing.FIRST)
    if is_vector(first):
        # Stores from the vector unit do not issue in successive cycles.
        return replace(step, busy=2)
    if name.startswith(("stx", "stlx")) and stored:
        return replace(step, writes=((stored[0], tables.STORE_STATUS_LATENCY), *back))
    return step


def _sources(instruction: Instruction, reads_result: bool) -> tuple[list[str], list[str]]:
    """Registers read and written by an instruction that does not reach memory."""
    results = registers(instruction.operands[0]) if instruction.operands else []
    sources = _all(instruction.operands[1:])
    if instruction.mnemonic in tables.NO_RESULT:
        results, sources = [], results + sources
    if reads_result:
        sources = sources + results
    if instruction.mnemonic in tables.READS_FLAGS:
        sources = [FLAGS, *sources]
    return sources, results


def _vector(instruction: Instruction, table_latency: int) -> Step:
    name, operands = instruction.mnemonic, instruction.operands
    lane = name in ("mov", "ins") and operands[0].startswith("v") and "[" in operands[0]
    general = any((text[0] in "xw" and text[1:2].isdigit()) or text in ("xzr", "wzr")
                  for text in operands)  # fmt: skip
    full = any(is_full_width(text) for text in operands) and not lane
    accumulates = name in tables.MULTIPLY_ACCUMULATES
    sources, results = _sources(
        instruction, lane or (name in tables.CHANGES_ITS_RESULT and not accumulates)
    )
    kind = Kind.VECTOR
    if accumulates or name in tables.FLOAT_MULTIPLY_ACCUMULATES:
        kind = Kind.MULTIPLY_ACCUMULATE
    step = Step(
        kind,
        tuple(sources),
        accumulator=results[0] if accumulates and results else None,
        pairing=Pairing.FIRST if full else Pairing.ANY,
        unit=Unit.VECTOR if full else Unit.HALF_VECTOR,
        forwarding=_forwarding(name),
    )
    latency = table_latency
    if lane:
        latency = tables.INSERT_LATENCY
        step = replace(step, unit=Unit.INSERT if general else Unit.HALF_VECTOR)
    elif general and not is_vector(operands[0]):
        latency = tables.MOVE_TO_GENERAL_LATENCY
        step = replace(step, unit=Unit.HALF_VECTOR)
    elif name in tables.DIVISIONS:
        fills = max(1, latency - 3) * (2 if full else 1)
        step = replace(_filling(step, fills), unit=Unit.VECTOR)
    writes = [(register, latency) for register in results]
    if name in tables.SETS_FLAGS:
        writes.append((FLAGS, tables.VECTOR_FLAGS_LATENCY))
    return replace(step, writes=tuple(writes))


def _forwarding(name: str) -> Forwarding:
    if name in tables.LONG_MULTIPLY_ACCUMULATES:
        return Forwarding.LONG_PRODUCT
    if name in tables.MULTIPLY_ACCUMULATES or name in tables.MULTIPLIES:
        return Forwarding.PRODUCT
    return Forwarding.NONE


def _scalar(instruction: Instruction) -> Step:
    name = instruction.mnemonic
    sources, results = _sources(instruction, name in tables.CHANGES_ITS_RESULT)
    narrow = bool(instruction.operands) and instruction.operands[0].startswith("w")
    step = Step(Kind.SCALAR, tuple(sources), unit=Unit.MULTIPLY)
    if name in tables.SHORT_MULTIPLIES:
        short = narrow or name[0] in "su"
        latency = tables.MULTIPLY_LATENCY_32 if short else tables.MULTIPLY_LATENCY_64
    elif name in tables.HIGH_MULTIPLIES:
        step, latency = (
            replace(step, busy=tables.HIGH_MULTIPLY_CYCLES),
            tables.HIGH_MULTIPLY_LATENCY,
        )
    elif name in tables.INTEGER_DIVISIONS:
        step = replace(step, busy=tables.DIVISION_CYCLES)
        latency = tables.DIVISION_LATENCY_32 if narrow else tables.DIVISION_LATENCY_64
    elif name == "mrs":
        step = replace(step, unit=None, fills=tables.SYSTEM_READ_CYCLES)
        latency = tables.SYSTEM_READ_LATENCY
    else:
        step = replace(step, unit=Unit.ALU)
        latency = tables.SHIFT_LATENCY if _shifts(instruction) else tables.SIMPLE_LATENCY
    writes = [(register, latency) for register in results]
    if name in tables.SETS_FLAGS:
        writes.append((FLAGS, tables.FLAGS_LATENCY))
    return replace(step, writes=tuple(writes))


def _shifts(instruction: Instruction) -> bool:
    """Whether an instruction shifts, or shifts or extends an operand."""
    marks = tables.SHIFTED_OPERANDS + tables.EXTENDED_OPERANDS
    changed = any(text.startswith(marks) for text in instruction.operands)
    return changed or instruction.mnemonic in tables.SHIFTS
