"""The pieces of Relay text."""

from __future__ import annotations

import pytest
from relay_texts import EVERYTHING, IMAGE, VERSION, kinds, main, read, shapes

from perfcost.errors import CorruptModel, InvalidGraph, ModelError, ModelTooLarge, Unsupported
from perfcost.frontends.relay import read_relay


def test_everything_in_one_program() -> None:
    graph = read_relay(EVERYTHING)
    assert kinds(graph) == [
        "PAD", "CONV_2D", "MAX_POOL_2D", "ADD", "CONCATENATION", "SPLIT", "MEAN", "SOFTMAX",
    ]  # fmt: skip
    assert graph.ops[1].activation == "RELU"
    assert shapes(graph, graph.outputs) == [(1, 4)]


@pytest.mark.parametrize(
    "name", ["%x", "%onet/input:0", "%input_0_f.1", "%onnx____Flatten_0", "%a-b", "%1x"]
)
def test_names(name: str) -> None:
    assert kinds(read(f"{name}: Tensor[(2, 3), float32]", f"nn.relu({name})")) == ["RELU"]


@pytest.mark.parametrize(
    ("literal", "dtype"),
    [("2f", "float32"), ("-128f", "float32"), ("1e-05f", "float32"), ("2f16", "float16"),
     ("2i64", "int64"), ("-7", "int32"), ("3f64", "float64"), ("inff", "float32"),
     ("-inff", "float32"), ("2.5f", "float32"), ("True", "bool")],
)  # fmt: skip
def test_literals(literal: str, dtype: str) -> None:
    op = "logical_and" if dtype == "bool" else "add"
    graph = read(f"%x: Tensor[(2), {dtype}]", f"{op}(%x, {literal})")
    constant = graph.tensors[graph.ops[0].inputs[1]]
    assert constant.dtype == dtype
    assert constant.constant is not None


def test_tuples_items_and_nested_calls() -> None:
    graph = read(
        "%x: Tensor[(2, 6), float32]",
        "%0 = (nn.relu(%x), tanh(nn.relu(%x)));",
        "%1 = split(%0.1, indices_or_sections=[2, 4], axis=1);",
        "(%0.0, (%1.2, split(%x, indices_or_sections=2, axis=0).1))",
    )
    assert kinds(graph) == ["RELU", "RELU", "TANH", "SPLIT_V", "SPLIT"]
    assert shapes(graph, graph.outputs) == [(2, 6), (2, 2), (1, 6)]


def test_let_blocks_and_comments() -> None:
    graph = read(
        "%x: Tensor[(2), float32] /* ty=Tensor[(2), float32] span=x:0:0 */",
        "// a remark",
        "let %y: Tensor[(2), float32] = { %0 = tanh(%x); nn.relu(%0) } /* anything */;",
        "add(%y, %y)",
    )
    assert kinds(graph) == ["TANH", "RELU", "ADD"]


def test_functions_are_inlined_and_dead_calls_dropped() -> None:
    text = VERSION + (
        "def @g(%a: Tensor[(2), float32]) { fn (%b: Tensor[(2), float32], Primitive=1) {"
        " add(%a, %b) }(tanh(%a)) }\n"
        "def @main(%x: Tensor[(2), float32]) { %0 = exp(%x); %1 = @g(%x); @g(%1) }\n"
    )
    assert kinds(read_relay(text)) == ["TANH", "ADD", "TANH", "ADD"]


def test_a_closure_keeps_the_frame_that_it_was_made_in() -> None:
    text = VERSION + (
        "def @twice(%f: fn (Tensor[(2), float32]) -> Tensor[(2), float32], "
        "%v: Tensor[(2), float32]) { %f(%f(%v)) }\n"
        "def @main(%x: Tensor[(2), float32]) { %0 = tanh(%x); "
        "@twice(fn (%a: Tensor[(2), float32]) { add(%a, %0) }, %x) }\n"
    )
    assert kinds(read_relay(text)) == ["TANH", "ADD", "ADD"]


def test_the_branch_of_a_literal_is_taken() -> None:
    graph = read("%x: Tensor[(2), float32]", "if (False) { tanh(%x) } else { exp(%x) }")
    assert kinds(graph) == ["EXP"]


def test_a_bare_function_and_free_variables() -> None:
    assert kinds(read_relay("fn (%x: Tensor[(2), float32]) { tanh(%x) }")) == ["TANH"]
    text = VERSION + "free_var %x: Tensor[(2), float32];\ntanh(%x)"
    assert kinds(read_relay(text)) == ["TANH"]


def test_an_unknown_operator_is_kept() -> None:
    graph = read(IMAGE, "my.op(%x, depth=3) /* ty=Tensor[(4, 4), int8] */")
    assert kinds(graph) == ["CUSTOM"]
    assert graph.ops[0].attrs["custom_code"] == "my.op"
    assert shapes(graph, graph.outputs) == [(4, 4)]


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("", CorruptModel, "line 1, column 1: came the end of the text"),
        (VERSION, CorruptModel, "line 2"),
        ('#[version = "9"]', Unsupported, "line 1, column 13"),
        (main(IMAGE, "tanh(%y)"), CorruptModel, "line 3, column 8: %y is not defined"),
        (main(IMAGE, "tanh(%x"), CorruptModel, "expected '\\)'"),
        (main(IMAGE, "tanh(%x) /* never"), CorruptModel, "a comment with an end"),
        (main(IMAGE, "nn.dense(%x, 1z)"), CorruptModel, "line 3, column 16"),
        (main(IMAGE, "@f(%x)"), CorruptModel, "@f is not defined"),
        (main(IMAGE, "%x.0"), CorruptModel, "field 0 of 0"),
        (main(IMAGE, "tanh(%x, )("), CorruptModel, "line 4"),
        (main("%x", "tanh(%x)"), Unsupported, "line 2, column 11: %x has no type"),
        (main("%x: Tensor[(1, ?), int8]", "tanh(%x)"), ModelError, "line 2, column 11"),
        (main("%x: Tensor[(9999999999, 9999999999), int8]", "%x"), ModelTooLarge, "line 2"),
        (main("%x: List[int8]", "%x"), Unsupported, "line 2, column 15"),
        (main(IMAGE, "match (%x) { }"), Unsupported, "line 3, column 3"),
        (VERSION + "type T { A }", Unsupported, "line 2, column 1"),
        (main(IMAGE, "unknown.op(%x)"), Unsupported, "type is not printed"),
        (main(IMAGE, "%0 = sum(%x); if (%0) { %x } else { %x }"), Unsupported, "branch"),
        (main(IMAGE, "tanh(%x) /* ty=Tensor[(2), int8] */"), CorruptModel, "is printed"),
        (main(IMAGE, "reshape(%x, newshape=[7, -1])"), CorruptModel, "do not fit newshape"),
        (main(IMAGE, "concatenate(%x, axis=9)"), CorruptModel, "axis 9"),
        (main(IMAGE, "(" * 400), ModelTooLarge, "limit of 48"),
        (main("%x: " + "(" * 400, "%x"), ModelTooLarge, "limit of 48"),
        (main(IMAGE, f"reshape(%x, newshape={'[' * 400})"), ModelTooLarge, "limit of 48"),
        (VERSION + f"def @main({IMAGE}) {{ @main(%x) }}", InvalidGraph, "calls itself"),
    ],
)  # fmt: skip
def test_bad_texts(text: str, error: type[ModelError], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        read_relay(text)
    assert "line" in str(caught.value)
    assert "column" in str(caught.value)


def test_functions_that_multiply_end_at_a_limit() -> None:
    steps = ["def @f0(%a: Tensor[(2), float32]) { tanh(%a) }"]
    steps += [
        f"def @f{n}(%a: Tensor[(2), float32]) {{ @f{n - 1}(@f{n - 1}(%a)) }}" for n in range(1, 31)
    ]
    text = VERSION + "\n".join([*steps, "def @main(%x: Tensor[(2), float32]) { @f30(%x) }"])
    with pytest.raises(ModelTooLarge, match="limit"):
        read_relay(text)
