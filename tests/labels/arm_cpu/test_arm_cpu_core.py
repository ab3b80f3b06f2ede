"""The core model gives what is published of the Cortex-A55: latencies, pairs, hot loops."""

from __future__ import annotations

from pathlib import Path

import pytest
from cases import needs_llvm

from perfcost.labels.arm_cpu.core.assembly import parse, registers
from perfcost.labels.arm_cpu.core.costs import KINDS, BlockCosts
from perfcost.labels.arm_cpu.core.decode import Forwarding, Kind, Pairing, Step, decode
from perfcost.labels.arm_cpu.core.llvm import disassemble, vector_latencies
from perfcost.labels.arm_cpu.core.pipeline import cycles_repeated


def steps(text: str, vector_latency: int = 4) -> list[Step]:
    return [decode(parse(line.strip()), vector_latency) for line in text.strip().splitlines()]


def cycles(text: str, vector_latency: int = 4) -> float:
    return cycles_repeated(steps(text, vector_latency))


def test_text_is_taken_apart() -> None:
    made = parse("ld1 { v0.16b, v1.16b }, [x1], #32 // encoding")
    assert made is not None
    assert (made.mnemonic, made.operands) == ("ld1", ("{ v0.16b, v1.16b }", "[x1]", "#32"))
    assert registers(made.operands[0]) == ["v0", "v1"]
    assert registers("[sp, w2, sxtw #2]") == ["sp", "x2"]
    assert registers("wzr") == []
    branch = parse("b.ne #-20")
    assert branch is not None and (branch.mnemonic, branch.condition) == ("b", "ne")
    assert parse("") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # A chain through one register takes the latency of each of its links.
        ("add x0, x0, x1", 1),
        ("add x0, x0, x1, lsl #2", 2),
        ("ldr x0, [x0]", 3),
        ("mul w0, w0, w1", 3),
        ("mul x0, x0, x1", 4),
        ("sdiv w0, w0, w1", 12),
        ("fmla v0.4s, v1.4s, v2.4s", 4),
        ("fmul v0.4s, v0.4s, v1.4s", 4),
        # The accumulator is forwarded: one a cycle.
        ("sdot v0.4s, v1.16b, v2.16b", 1),
        ("smlal v0.4s, v1.4h, v2.4h", 2),
    ],
)
def test_latency_of_a_chain(text: str, expected: float) -> None:
    assert cycles(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Two independent integer instructions a cycle, one load, one branch.
        ("add x0, x1, x2\nadd x3, x4, x5", 1),
        ("ldr x0, [x1]\nldr x2, [x3]", 2),
        ("add x0, x1, x2\nldr x3, [x4]", 1),
        # Two of 64 bits or one of 128 bits a cycle.
        ("fadd v0.2s, v1.2s, v2.2s\nfadd v3.2s, v4.2s, v5.2s", 1),
        ("fadd v0.4s, v1.4s, v2.4s\nfadd v3.4s, v4.4s, v5.4s", 2),
        # A load of 128 bits fills two cycles; one of 64 bits goes beside a vector instruction.
        ("ldr q0, [x1]\nadd v1.4s, v2.4s, v3.4s", 3),
        ("add v1.4s, v2.4s, v3.4s\nldr d0, [x1]", 1),
        (
            "add v1.4s, v2.4s, v3.4s\nins v0.d[1], x2\nadd v4.4s, v2.4s, v3.4s\nins v5.d[1], x2",
            2,
        ),
        ("ld4 { v0.8b, v1.8b, v2.8b, v3.8b }, [x1]", 9),
    ],
)
def test_what_issues_together(text: str, expected: float) -> None:
    assert cycles(text) == expected


def test_the_hot_loop_of_xnnpack_takes_a_cycle_a_dot_product() -> None:
    """Its 64 dot products carry the loads: of 64 bits, with inserts, so that all pair."""
    lines = []
    for number in range(64):
        lines.append(f"sdot v{16 + number % 16}.4s, v{number % 8}.16b, v8.4b[{number % 4}]")
        if number < 24:
            lines.append(f"ldr d{number % 8}, [x5, #{8 * number}]")
        elif number < 48:
            lines.append(f"ins v{number % 8}.d[1], x{6 + number % 4}")
    lines += ["subs x0, x0, #16", "b.hs #-400"]
    assert cycles("\n".join(lines), 4) == pytest.approx(65, abs=1.5)


def test_a_store_does_not_follow_a_store_in_the_next_cycle() -> None:
    assert cycles("str d0, [x1]\nstr d2, [x3]") == 4
    assert cycles("str x0, [x1]\nstr x2, [x3]") == 2


def test_what_is_decoded() -> None:
    dot = steps("sdot v0.4s, v1.16b, v2.4b[0]")[0]
    assert (dot.accumulator, dot.reads) == ("v0", ("v1", "v2"))
    assert dot.kind is Kind.MULTIPLY_ACCUMULATE and dot.forwarding is Forwarding.PRODUCT
    load = steps("ldr q0, [x1], #16")[0]
    assert load.kind is Kind.LOAD and load.pairing is Pairing.ALONE and load.fills == 2
    assert load.writes == (("v0", 4), ("x1", 1))
    store = steps("stp q0, q1, [x1, #32]!")[0]
    assert store.kind is Kind.STORE and store.busy == 4 and ("x1", 1) in store.writes
    assert steps("b.ne #4")[0].reads == ("flags",)
    assert steps("csel x0, x1, x2, eq")[0].reads == ("flags", "x1", "x2")
    assert decode(None, 1) == Step(Kind.SCALAR)


@needs_llvm
def test_llvm_names_words_and_knows_latencies() -> None:
    # add x0, x0, x1; sdot v0.4s, v1.16b, v2.16b; no instruction
    texts = disassemble([0x8B010000, 0x4E829420, 0xFFFFFFFF])
    assert texts[0x8B010000] == "add x0, x0, x1"
    assert texts[0x4E829420].startswith("sdot v0.4s, v1.16b, v2.16b")
    assert texts[0xFFFFFFFF] == ""
    assert vector_latencies(["fmul v0.4s, v1.4s, v2.4s", "no such thing v0"]) == {
        "fmul v0.4s, v1.4s, v2.4s": 4,
        "no such thing v0": 4,
    }


@needs_llvm
def test_costs_are_kept_and_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = b"".join(word.to_bytes(4, "little") for word in (0x8B010000, 0x4E829420))
    first, second = BlockCosts(tmp_path / "costs"), BlockCosts(tmp_path / "costs")
    worked_out = first.of([code, code[:4]])
    assert second.of([code]) == worked_out[:1]
    assert worked_out[0].kinds[KINDS.index(Kind.MULTIPLY_ACCUMULATE)] == 1
    assert worked_out[1].cycles == 1
    # A third reads both from the file: LLVM's tools are not asked.
    monkeypatch.setenv("PATH", "")
    assert BlockCosts(tmp_path / "costs").of([code, code[:4]]) == worked_out
