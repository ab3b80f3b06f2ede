"""The Cortex-A55 in tables: groups of mnemonics, and latencies in cycles.

Sources are those of the package; the letters say which: G Arm's guide as carried by SLOTHY's model,
N ncnn's and onnxruntime's notes, A an assumption.
"""

from __future__ import annotations

NO_WORK = frozenset("nop bti hint dmb isb dsb yield paciasp autiasp".split())

BRANCHES = frozenset("b bl br blr ret cbz cbnz tbz tbnz svc".split())

LOADS = tuple(
    """ldr ldur ldp ld1 ld2 ld3 ld4 ldnp ldar ldx ldax ldapr prfm ldtr cas swp ldadd ldset
    ldclr""".split()
)
"""Beginnings of mnemonics."""
STORES = tuple("str stur stp st1 st2 st3 st4 stnp stlr stx stlx dc stadd".split())

EXCLUSIVE = ("ldx", "ldax", "ldadd", "cas", "swp")
"""Atomic loads."""

LONG_MULTIPLY_ACCUMULATES = frozenset("smlal smlal2 umlal umlal2 smlsl smlsl2 umlsl umlsl2".split())
MULTIPLY_ACCUMULATES = LONG_MULTIPLY_ACCUMULATES | frozenset("sdot udot mla mls".split())
"""Integer ones: the accumulator is forwarded from one to the next."""

MULTIPLIES = frozenset("smull smull2 umull umull2 mul".split())
"""Their result is forwarded as an accumulator, too."""

FLOAT_MULTIPLY_ACCUMULATES = frozenset("fmla fmls fmlal fmlsl fmadd fmsub fnmadd fnmsub".split())

DIVISIONS = frozenset(["fdiv", "fsqrt"])

CHANGES_ITS_RESULT = MULTIPLY_ACCUMULATES | frozenset(
    """fmla fmls fmlal fmlsl ins sqxtn2 uqxtn2 sqxtun2 xtn2 shrn2 rshrn2 sqshrn2 sqrshrn2 sqrshrun2
    addhn2 fcvtn2 sli sri bsl bit bif ssra usra srsra saba uaba sadalp uadalp movk bfi bfxil bfm
    tbx sqrdmlah""".split()
)
"""The first operand is read as well as written."""

SETS_FLAGS = frozenset(
    """subs adds ands bics cmp cmn tst ccmp ccmn fcmp fcmpe fccmp negs adcs sbcs""".split()
)
READS_FLAGS = frozenset(
    """csel cset csetm cinc cneg cinv csinc csinv csneg fcsel ccmp ccmn fccmp adc sbc adcs
    sbcs""".split()
)
NO_RESULT = frozenset("cmp cmn tst ccmp ccmn fcmp fcmpe fccmp msr".split())
"""All operands are read."""

SHORT_MULTIPLIES = frozenset("mul madd msub smull umull smaddl umaddl smsubl mneg".split())
"""Of general registers."""
HIGH_MULTIPLIES = frozenset(["smulh", "umulh"])
INTEGER_DIVISIONS = frozenset(["sdiv", "udiv"])

SHIFTS = frozenset("bfi bfxil ubfx sbfx ubfiz sbfiz lsl lsr asr ror extr rbit clz rev".split())
SHIFTED_OPERANDS = ("lsl #", "lsr #", "asr #", "ror #", "msl #")
EXTENDED_OPERANDS = tuple(f"{sign}xt{size}" for sign in "su" for size in "bhwx")

# Cycles that a structured load or store of n registers fills alone. G
STRUCTURED_LOAD_CYCLES = {2: 4, 3: 6, 4: 9}
STRUCTURED_STORE_CYCLES = {2: 2, 3: 3, 4: 5}

# Latencies. G unless marked.
LOAD_LATENCY = 3
PAIR_LOAD_LATENCY = 4
"""Two registers of 64 bits."""
LANE_LOAD_LATENCY = 4
LOAD_AFTER_CYCLES = 2
"""Latency of a load that fills n cycles: n + 2."""
FULL_LOAD_CYCLES = 2
"""A load of 128 bits fills two cycles, with nothing beside it. N"""
ATOMIC_CYCLES, ATOMIC_LATENCY = 4, 6
STORE_STATUS_LATENCY = 4
WRITE_BACK_LATENCY = 1
"""Of the address, after a load or store that changes it."""
INSERT_LATENCY = 2
MOVE_TO_GENERAL_LATENCY = 3
SIMPLE_LATENCY = 1
SHIFT_LATENCY = 2
VECTOR_FLAGS_LATENCY = 4
FLAGS_LATENCY = 1
MULTIPLY_LATENCY_32, MULTIPLY_LATENCY_64 = 3, 4
HIGH_MULTIPLY_CYCLES, HIGH_MULTIPLY_LATENCY = 2, 6
DIVISION_CYCLES, DIVISION_LATENCY_32, DIVISION_LATENCY_64 = 8, 12, 20
SYSTEM_READ_CYCLES, SYSTEM_READ_LATENCY = 3, 4
"""A"""
UNKNOWN_VECTOR_LATENCY = 4
"""Of an instruction that LLVM's table of this core lacks. A"""

# Cycles from one multiply-accumulate to the next on the same accumulator. G
FORWARDED_CYCLES = 1
FORWARDED_LONG_CYCLES = 2
"""Between two long ones."""
