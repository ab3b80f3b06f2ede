"""Types where the text does not print them."""

from __future__ import annotations

import pytest
from relay_texts import main, read, shapes

from perfcost.errors import DynamicShape
from perfcost.frontends.relay import read_relay

F = "%x: Tensor[(1, 6, 8), float32], %y: Tensor[(8), float32], %i: Tensor[(3), int32]"
I = "%x: Tensor[(1, 9, 9, 4), float32]"  # noqa: E741


@pytest.mark.parametrize(
    ("call", "shape"),
    [
        ("add(%x, %y)", (1, 6, 8)),
        ("less(%x, %y)", (1, 6, 8)),
        ("reshape(%x, newshape=[0, -1])", (1, 48)),
        ("reshape(%x, newshape=[-3, -2])", (6, 8)),
        ("reshape(%x, newshape=[-2, 1])", (1, 6, 8, 1)),
        ("reshape(%x, newshape=[1, -4, 2, -1, 8])", (1, 2, 3, 8)),
        ("transpose(%x)", (8, 6, 1)),
        ("transpose(%x, axes=[0, 2, 1])", (1, 8, 6)),
        ("squeeze(%x)", (6, 8)),
        ("squeeze(%x, axis=[0])", (6, 8)),
        ("expand_dims(%x, axis=-1, num_newaxis=2)", (1, 6, 8, 1, 1)),
        ("mean(%x, axis=[1])", (1, 8)),
        ("sum(%x, axis=[1], keepdims=True)", (1, 1, 8)),
        ("max(%x, axis=[1], exclude=True)", (6,)),
        ("argmax(%x, axis=[2])", (1, 6)),
        ("concatenate((%x, %x), axis=1)", (1, 12, 8)),
        ("stack((%x, %x), axis=-1)", (1, 6, 8, 2)),
        ("strided_slice(%x, begin=[0, -2], end=[1, 6], strides=[1])", (1, 2, 8)),
        ("strided_slice(%x, begin=[5], end=[0], strides=[-2], axes=[1])", (1, 3, 8)),
        ('strided_slice(%x, begin=[0, 1], end=[1, 2], slice_mode="size")', (1, 2, 8)),
        ("take(%x, %i, axis=1)", (1, 3, 8)),
        ("take(%x, %i)", (3,)),
        ("tile(%x, reps=[2, 1])", (1, 12, 8)),
        ("broadcast_to(%y, shape=[4, 8])", (4, 8)),
        ("nn.pad(%x, 0f, pad_width=[[0, 0], [1, 2], [0, 0]])", (1, 9, 8)),
        ("nn.dense(reshape(%x, newshape=[6, 8]), meta[relay.Constant][0], units=5)", (6, 5)),
        ("nn.batch_matmul(%x, %x)", (1, 6, 6)),
        ("nn.batch_flatten(%x)", (1, 48)),
        ("where(less(%x, %y), %x, %y)", (1, 6, 8)),
        ('cast(%x, dtype="float16")', (1, 6, 8)),
        ("nn.batch_norm(%x, %y, %y, %y, %y, axis=2).0", (1, 6, 8)),
    ],
)
def test_shapes(call: str, shape: tuple[int, ...]) -> None:
    graph = read(F, call)
    assert shapes(graph, graph.outputs) == [shape]


@pytest.mark.parametrize(
    ("call", "shape"),
    [
        ('nn.max_pool2d(%x, pool_size=[2, 2], strides=[2, 2], layout="NHWC")', (1, 4, 4, 4)),
        ('nn.avg_pool2d(%x, pool_size=[2, 2], strides=[2, 2], layout="NHWC", ceil_mode=True)',
         (1, 5, 5, 4)),
        ('nn.global_avg_pool2d(%x, layout="NHWC")', (1, 1, 1, 4)),
        ('image.resize2d(%x, size=[18, 6], layout="NHWC")', (1, 18, 6, 4)),
        ("nn.conv2d(%x, meta[relay.Constant][0], strides=[2, 2], padding=[1, 1, 1, 1], channels=7, "
         'kernel_size=[3, 3], data_layout="NHWC", kernel_layout="HWIO")', (1, 5, 5, 7)),
        ("nn.conv2d(%x, meta[relay.Constant][0], dilation=[2, 2], channels=4, groups=4, "
         'kernel_size=[3, 3], data_layout="NHWC", kernel_layout="HWOI")', (1, 5, 5, 4)),
        ("nn.conv2d_transpose(%x, meta[relay.Constant][0], strides=[2, 2], channels=3, "
         'kernel_size=[2, 2], data_layout="NHWC")', (1, 18, 18, 3)),
    ],
)  # fmt: skip
def test_shapes_of_windows(call: str, shape: tuple[int, ...]) -> None:
    graph = read(I, call)
    assert shapes(graph, graph.outputs) == [shape]


def test_weights_have_the_shape_that_the_convolution_asks_for() -> None:
    graph = read(I, "nn.conv2d(%x, meta[relay.Constant][0], channels=7, kernel_size=[3, 3], "
                    'data_layout="NHWC", kernel_layout="HWIO")')  # fmt: skip
    assert graph.tensors[graph.ops[0].inputs[1]].shape == (7, 3, 3, 4)


def test_a_length_is_found_from_the_declared_result() -> None:
    text = main(
        "%x: Tensor[(1, 8), float32]",
        '%0 = nn.dense(%x, meta[relay.Constant][0], units=None, out_dtype="float32");',
        "add(%0, meta[relay.Constant][1])",
    ).replace(") {", ") -> Tensor[(1, 10), float32] {", 1)
    graph = read_relay(text)
    op = graph.ops[0]
    assert (op.kind, graph.tensors[op.inputs[1]].shape) == ("FULLY_CONNECTED", (10, 8))
    assert graph.tensors[op.inputs[2]].shape == (10,)


def test_what_nothing_tells_is_said() -> None:
    graph = read(
        "%i: Tensor[(3), int32]",
        "%0 = take(meta[relay.Constant][0], %i, axis=0);",
        "nn.dense(%0, meta[relay.Constant][1] /* ty=Tensor[(2, 8), float32] */)",
    )
    assert graph.notes[0][0] == "assumed_shape"


def test_an_open_result_is_refused_with_its_place() -> None:
    with pytest.raises(DynamicShape, match="line 3"):
        read("%x: Tensor[(1, 8), float32]", "nn.dense(%x, meta[relay.Constant][0])")
