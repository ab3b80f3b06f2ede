"""Damaged texts give a named error with line and column, or a valid graph, and soon."""

from __future__ import annotations

import gc
import random
import re
import time

import pytest
from relay_texts import EVERYTHING

from perfcost.errors import ModelError
from perfcost.frontends.relay import read_relay
from perfcost.graph import validate
from perfcost.hashing import structural_hash

PLACE = re.compile(r"line \d+, column \d+")
WORDS = (
    "-1", "0", "9999999999999", "1e400f", "(", "]", "[]", "()", "meta", "%0", "%9", "None", "True",
    "int8", "float32", "-7", "2i64", "nn.dense", "reshape", "?", "fn", "let",
)  # fmt: skip
TOKENS = re.compile(r"\s+|%?[A-Za-z_.0-9]+|.", re.DOTALL)


def characters(draw: random.Random, text: str) -> str:
    """Characters taken away, put in, changed or repeated; the text cut."""
    first = draw.randrange(len(text))
    last = min(len(text), first + draw.randrange(1, 12))
    new = chr(draw.randrange(32, 127))
    return draw.choice(
        (
            text[:first] + text[last:],
            text[:first] + new + text[first:],
            text[:first] + new + text[first + 1 :],
            text[:last] + text[first:],
            text[:first],
        )
    )


def tokens(draw: random.Random, text: str) -> str:
    """Tokens exchanged, repeated elsewhere, or replaced."""
    found = TOKENS.findall(text)
    one, other = draw.randrange(len(found)), draw.randrange(len(found))
    what = draw.randrange(3)
    if what == 0:
        found[one], found[other] = found[other], found[one]
    else:
        found[one] = found[other] if what == 1 else draw.choice(WORDS)
    return "".join(found)


def mutated(seed: int) -> str:
    draw = random.Random(seed)
    text = EVERYTHING
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        text = draw.choice((characters, tokens))(draw, text) or " "
    return text


def check(seeds: range) -> None:
    read = 0
    for seed in seeds:
        text = mutated(seed)
        try:
            graph = validate(read_relay(text))
        except ModelError as error:
            assert PLACE.search(str(error)), (seed, str(error))  # noqa: PT017 - an error may come
        else:
            read += 1
            assert len(structural_hash(graph)) == 32
    assert read > len(seeds) // 50


def test_mutations() -> None:
    check(range(500))


@pytest.mark.slow
def test_many_mutations() -> None:
    check(range(500, 10_500))


def test_every_prefix() -> None:
    # the function before @main is a program by itself
    ends = [*range(0, 150, 7), *range(EVERYTHING.index("@main"), len(EVERYTHING) - 3, 7)]
    for end in ends:
        with pytest.raises(ModelError, match=PLACE):
            read_relay(EVERYTHING[:end])


def layers(count: int) -> str:
    """A long program: convolutions with all that belongs to them."""
    lines = [
        '#[version = "0.0.5"]',
        "def @main(%x: Tensor[(1, 8, 8, 8), int8], %v_param_1: Tensor[(3, 3, 8, 8), int8]) {",
        "  %0 = copy(%x);",
    ]
    for layer in range(count):
        at = 5 * layer
        lines += [
            f"  %{at + 1} = qnn.conv2d(%{at}, %v_param_1, 0, 0, 0.5f, 0.5f, padding=[1, 1, 1, 1], "
            'channels=8, kernel_size=[3, 3], data_layout="NHWC", kernel_layout="HWIO", '
            f'out_dtype="int32") /* ty=Tensor[(1, 8, 8, 8), int32] span=c{layer}:0:0 */;',
            f'  %{at + 2} = qnn.requantize(%{at + 1}, 0.25f, 0, 0.5f, 0, out_dtype="int8");',
            f"  %{at + 3} = qnn.dequantize(%{at + 2}, 0.5f, 0) /* span=d{layer}:0:0 */;",
            f"  %{at + 4} = sigmoid(%{at + 3}) /* span=d{layer}:0:0 */;",
            f"  %{at + 5} = qnn.quantize(%{at + 4}, 0.5f, 0) /* span=d{layer}:0:0 */;",
        ]
    return "\n".join([*lines, f"  %{5 * count}", "}"])


def test_time_is_linear() -> None:
    def seconds(text: str) -> float:
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            read_relay(text)
            best = min(best, time.process_time() - start)
        return best

    assert len(read_relay(layers(200)).ops) == 400
    gc.disable()  # its share depends on what else is alive
    try:
        assert seconds(layers(3000)) <= 15 * seconds(layers(300))
    finally:
        gc.enable()


WIDE = {
    "slices": "\n".join(
        [f"%{n} = strided_slice(%x, begin=[{n}], end=[{n + 1}], strides=[1]);" for n in range(8000)]
        + [f"concatenate(({', '.join(f'%{n}' for n in range(8000))}))"]
    ),
    "parts": "%0 = split(%x, indices_or_sections=8000);\n"
    + f"({', '.join(f'squeeze(%0.{n}, axis=[0])' for n in range(8000))})",
    "reshapes": "\n".join(
        ["%0 = copy(%x);"]
        + [f"%{n + 1} = reshape(%{n}, newshape=[8000]);" for n in range(8000)]
        + ["tanh(%8000)"]
    ),
}


@pytest.mark.parametrize("body", WIDE.values(), ids=WIDE)
def test_wide_programs_are_quick(body: str) -> None:
    start = time.process_time()
    read_relay(f'#[version = "0.0.5"]\ndef @main(%x: Tensor[(8000), float32]) {{\n{body}\n}}')
    assert time.process_time() - start < 10
