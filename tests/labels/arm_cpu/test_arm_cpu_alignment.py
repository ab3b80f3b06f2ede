"""Whose work a piece of a run is: by the runtime's plan, and by the names of kernels."""

from __future__ import annotations

from itertools import combinations_with_replacement

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from perfcost.labels.arm_cpu import alignment
from perfcost.labels.arm_cpu.alignment import NO_OP, Ran, owners
from perfcost.labels.arm_cpu.borders import ENTER, NODE, OPERATOR
from perfcost.labels.arm_cpu.kernels import OTHER, family_of_kernel, family_of_op
from perfcost.labels.arm_cpu.pricing import Piece

# As recorded of MLPerf Tiny's networks and MobileNetV2.
GEMM = "xnn_qs8_qc8w_gemm_minmax_fp32_ukernel_4x16c4__asm_aarch64_neondot_cortex_a55"
DWCONV = "xnn_qs8_qc8w_dwconv_minmax_fp32_ukernel_9p16c__neonv8_mla8_ld64"
ADD = "xnn_qs8_vadd_minmax_ukernel__neon_ld64_u16"
CLAMP = "xnn_s8_vclamp_ukernel__neon"
PAD = "xnn_compute_pad_5d"
SOFTMAX = "_ZN6tflite13optimized_ops14SoftmaxInt8LUTIaaEEvRKNS_13SoftmaxParamsE"
INVOKE = "_ZN6tflite8Subgraph10InvokeImplEv"


def piece(border: int, kernel: str, instructions: int = 10_000) -> Piece:
    return Piece(border, 1.0, 0.0, 0.0, {"instructions": instructions}, kernel)


def operators(*kernels: str) -> list[Piece]:
    return [piece(ENTER, INVOKE, 900), *(piece(OPERATOR, kernel) for kernel in kernels)]


@pytest.mark.parametrize(
    ("kernel", "family"),
    [(GEMM, "matrix"), (DWCONV, "depthwise"), (ADD, "add"), (CLAMP, "clamp"), (PAD, "move"),
     (SOFTMAX, "softmax"), ("memcpy", "move"), ("setup_runtime", OTHER), ("", "move")],
)  # fmt: skip
def test_families_of_kernels(kernel: str, family: str) -> None:
    assert family_of_kernel(kernel) == family


def test_families_of_ops() -> None:
    assert family_of_op("CONV_2D") == family_of_op("FULLY_CONNECTED") == "matrix"
    assert family_of_op("NO_SUCH_OP") == OTHER


def test_an_op_a_kernel() -> None:
    kinds = ("CONV_2D", "DEPTHWISE_CONV_2D", "ADD", "DELEGATE")
    ran = Ran(kinds, [[0, 1, 2]])
    assert owners(ran, operators(GEMM, DWCONV, ADD)) == [NO_OP, 0, 1, 2]


def test_what_is_folded_has_no_piece_and_helpers_belong_to_their_op() -> None:
    kinds = ("PAD", "CONV_2D", "ADD", "RESHAPE", "FULLY_CONNECTED", "DELEGATE")
    ran = Ran(kinds, [[0, 1, 2, 3, 4]])
    assert owners(ran, operators(GEMM, ADD, CLAMP, GEMM)) == [NO_OP, 1, 2, 2, 4]


def test_the_plan_beats_the_order_of_the_file() -> None:
    """The delegate runs ops 0 and 2 before op 1, which it leaves to TFLite."""
    kinds = ("CONV_2D", "SOFTMAX", "CONV_2D", "DELEGATE")
    pieces = [*operators(GEMM, GEMM), piece(NODE, SOFTMAX)]
    assert owners(Ran(kinds, [[0, 2], [1]]), pieces) == [NO_OP, 0, 2, 1]


def test_own_kernels_are_told_apart_by_the_plan_alone() -> None:
    kinds = ("RESHAPE", "SOFTMAX", "ABS")
    pieces = [piece(ENTER, ""), piece(NODE, ""), piece(NODE, "")]
    assert owners(Ran(kinds, [[0], [2], [1]]), pieces) == [0, 2, 1]


def test_without_a_plan_the_whole_run_is_matched() -> None:
    kinds = ("CONV_2D", "SOFTMAX", "DELEGATE")
    pieces = [*operators(GEMM), piece(NODE, SOFTMAX), piece(NODE, "")]
    assert owners(Ran(kinds, None), pieces) == [NO_OP, 0, 1, NO_OP]
    # So is one whose pieces do not go with the plan: a subgraph was called.
    assert owners(Ran(kinds, [[0]]), pieces) == [NO_OP, 0, 1, NO_OP]


def cost(kinds: list[str], families: list[str], found: tuple[int, ...]) -> int:
    """What a match costs, straight from its definition."""
    total = 0
    for place, (op, family) in enumerate(zip(found, families, strict=True)):
        first = place == 0 or found[place - 1] != op
        total += alignment._cost(kinds[op], family) if first else alignment._further(family)
    left_out = set(range(len(kinds))) - set(found)
    folded, other = alignment._FOLDED, alignment._FOLDED_UNLIKELY
    return total + sum(folded if kinds[op] in alignment._FOLDS else other for op in left_out)


@given(
    st.lists(st.sampled_from(["CONV_2D", "ADD", "RESHAPE", "PAD", "RELU", "ODD"]), max_size=5),
    st.lists(st.sampled_from(["matrix", "add", "clamp", "move", OTHER]), max_size=4),
)
def test_no_match_in_order_is_cheaper(kinds: list[str], families: list[str]) -> None:
    assume(kinds and families)
    every = combinations_with_replacement(range(len(kinds)), len(families))
    least = min(cost(kinds, families, found) for found in every)
    assert cost(kinds, families, tuple(alignment._match(kinds, families))) == least


def test_nothing_ran() -> None:
    assert owners(Ran((), []), []) == []
    assert owners(Ran((), None), operators(GEMM)) == [NO_OP, NO_OP]
