"""Modules written by hand: layouts, calls, what is opaque, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("tvm", reason="needs the extra 'tvm'")

import tvm

from perfcost.errors import DynamicShape, InvalidGraph, ModelTooLarge, Unsupported
from perfcost.frontends.relax import read_relax
from perfcost.hashing import structural_hash


def built(shape: Any, body: Any) -> Any:
    """A module of one function: ``body(emit, x)`` gives what it returns."""
    from tvm import relax

    builder = relax.BlockBuilder()
    x = relax.Var("x", relax.TensorType(shape, "float32"))
    with builder.function("main", [x]):
        with builder.dataflow():
            out = builder.emit_output(body(builder.emit, x))
        builder.emit_func_output(out)
    return builder.get()


def constant(*shape: int) -> Any:
    from tvm import relax

    return relax.const(np.ones(shape, np.float32))


def image(layout: str) -> Any:
    """Two convolutions, a pool, a sum, a mean over places and a dense layer, in either layout."""
    from tvm.relax import op

    last = layout == "NHWC"

    def conv(emit: Any, x: Any, i: int, o: int, k: int, groups: int = 1) -> Any:
        shape = (k, k, i // groups, o) if last else (o, i // groups, k, k)
        kernel = "HWIO" if last else "OIHW"
        y = emit(op.nn.conv2d(x, constant(*shape), padding=k // 2, groups=groups,
                              data_layout=layout, kernel_layout=kernel))  # fmt: skip
        bias = constant(o) if last else constant(1, o, 1, 1)
        return emit(op.nn.relu(emit(op.add(y, bias))))

    def body(emit: Any, x: Any) -> Any:
        y = conv(emit, x, 3, 8, 3)
        z = conv(emit, y, 8, 8, 3, groups=2)
        joined = emit(op.concat([emit(op.add(y, z)), y], axis=3 if last else 1))
        small = emit(op.nn.max_pool2d(joined, (2, 2), (2, 2), layout=layout))
        flat = emit(op.mean(small, axis=[1, 2] if last else [2, 3]))
        return op.matmul(flat, constant(16, 5))

    return built((1, 8, 8, 3) if last else (1, 3, 8, 8), body)


def test_channels_first_and_last_are_one_network() -> None:
    first, last = read_relax(image("NCHW")), read_relax(image("NHWC"))
    assert structural_hash(first) == structural_hash(last)
    assert "TRANSPOSE" not in {op.kind for op in first.ops}


def test_a_transposition_that_is_there_stays() -> None:
    from tvm.relax import op

    def body(emit: Any, x: Any) -> Any:
        y = emit(op.nn.conv2d(x, constant(4, 3, 1, 1), data_layout="NCHW"))
        return op.matmul(emit(op.reshape(y, (4, 64))), constant(64, 5))

    found = [op.kind for op in read_relax(built((1, 3, 8, 8), body)).ops]
    assert found == ["CONV_2D", "TRANSPOSE", "RESHAPE", "FULLY_CONNECTED"]


def test_a_flatten_before_a_dense_layer_costs_no_transposition() -> None:
    from tvm.relax import op

    def body(emit: Any, x: Any) -> Any:
        y = emit(op.nn.conv2d(x, constant(4, 3, 1, 1), data_layout="NCHW"))
        return op.matmul(emit(op.reshape(y, (1, 256))), constant(256, 5))

    found = [op.kind for op in read_relax(built((1, 3, 8, 8), body)).ops]
    assert found == ["CONV_2D", "RESHAPE", "FULLY_CONNECTED"]


def test_operators_without_a_like_are_kept_and_marked() -> None:
    from tvm.relax import op

    graph = read_relax(built((1, 8), lambda emit, x: op.cumsum(emit(op.nn.relu(x)), axis=1)))
    assert [op.kind for op in graph.ops] == ["RELU", "CUSTOM"]
    assert graph.ops[1].attrs["custom_code"] == "relax.cumsum"


def test_lowered_functions_are_kept_and_marked() -> None:
    from tvm.relax import op

    module = built((1, 8), lambda emit, x: op.nn.relu(x))
    graph = read_relax(tvm.relax.transform.LegalizeOps()(module))
    assert [op.kind for op in graph.ops] == ["CUSTOM"]
    assert graph.ops[0].attrs["custom_code"] == "relax.call_tir"


def test_origins_are_the_names_of_variables() -> None:
    from tvm.relax import op

    module = built((1, 8), lambda emit, x: op.nn.relu(emit(op.add(x, constant(1, 8)))))
    [found] = read_relax(module).ops
    assert found.kind == "ADD" and found.attrs["activation"] == "RELU"
    names = {binding.var.name for binding in module["main"].body.blocks[0].bindings}
    assert {origin.name for origin in found.origin} == names


def test_what_is_worked_out_from_constants_is_refused_by_name() -> None:
    from tvm.relax import op

    def body(emit: Any, x: Any) -> Any:
        return op.add(x, emit(op.astype(emit(op.nn.relu(constant(1, 8))), "float32")))

    kinds = [found.kind for found in read_relax(built((1, 8), body)).ops]
    assert kinds[0] == "RELU" and kinds[-1] == "ADD"
    resized = built(
        (1, 8), lambda emit, x: op.cumsum(emit(op.astype(constant(1, 8), "float16")), 1)
    )
    with pytest.raises(Unsupported, match="worked out from constants") as caught:
        read_relax(resized)
    assert "cumsum" in str(caught.value)


def test_open_shapes_and_modules_without_a_function_are_refused() -> None:
    from tvm import tirx
    from tvm.relax import op

    open_ = tirx.Var("n", "int64")
    with pytest.raises(DynamicShape, match="an extent of x is n"):
        read_relax(built((open_, 8), lambda emit, x: op.nn.relu(x)))
    with pytest.raises(InvalidGraph, match="functions none came, expected one called main"):
        read_relax(tvm.IRModule({}))


def test_an_axis_that_a_slice_takes_away() -> None:
    from tvm.relax import op

    def body(emit: Any, x: Any) -> Any:
        part = emit(op.strided_slice(x, [1], [2], [3]))
        return op.nn.relu(emit(op.squeeze(part, [1])))

    graph = read_relax(built((4, 6, 8), body))
    assert [each.kind for each in graph.ops] == ["STRIDED_SLICE", "RELU"]
    assert graph.ops[0].attrs["shrink_axis_mask"] == 0b10
    assert graph.tensors[graph.ops[0].outputs[0]].shape == (4, 8)


def test_an_axis_of_several_is_not_taken_away() -> None:
    from tvm.relax import op

    def body(emit: Any, x: Any) -> Any:
        part = emit(op.strided_slice(x, [1], [2], [4]))
        return op.nn.relu(emit(op.reshape(part, (8, 8))))

    graph = read_relax(built((4, 6, 8), body))
    assert [each.kind for each in graph.ops] == ["STRIDED_SLICE", "RESHAPE", "RELU"]


def test_functions_that_call_each_other_twice_end_at_a_limit() -> None:
    from tvm import relax

    builder, inner = relax.BlockBuilder(), None
    names = [f"level_{level}" for level in range(24)] + ["main"]
    for name in names:
        x = relax.Var("x", relax.TensorType((1, 8), "float32"))
        with builder.function(name, [x]):
            found = x
            for _ in range(2 if inner is not None else 0):
                found = builder.emit(relax.Call(inner, [found]))
            builder.emit_func_output(found)
        inner = builder.get().get_global_var(name)
    with pytest.raises(ModelTooLarge, match="more calls of functions"):
        read_relax(builder.get())
