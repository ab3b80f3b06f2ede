"""Networks of (N, C, H, W) images are those of (N, H, W, C) images."""

from __future__ import annotations

from relay_texts import kinds, read, shapes

from perfcost.hashing import structural_hash


def net(nchw: bool, *tail: str) -> tuple[str, ...]:
    """A small residual net in one of the two layouts."""
    layout = "" if nchw else ', data_layout="NHWC", kernel_layout="HWIO"'
    pool = "" if nchw else ', layout="NHWC"'
    axis = 1 if nchw else 3
    pads = "[[0, 0], [0, 0], [1, 1], [1, 1]]" if nchw else "[[0, 0], [1, 1], [1, 1], [0, 0]]"
    depthwise = "" if nchw else ', data_layout="NHWC", kernel_layout="HWOI"'
    conv = "nn.conv2d({}, meta[relay.Constant][{}], channels=8, kernel_size=[3, 3]{}{})"
    return (
        f"%0 = nn.pad(%x, 0f, pad_width={pads});",
        f"%1 = {conv.format('%0', 0, '', layout)};",
        f"%2 = nn.bias_add(%1, meta[relay.Constant][1], axis={axis});",
        "%3 = nn.relu(%2);",
        f"%4 = {conv.format('%3', 2, ', padding=[1, 1, 1, 1], groups=8', depthwise)};",
        "%5 = add(%3, %4);",
        f"%6 = nn.max_pool2d(%5, pool_size=[2, 2], strides=[2, 2]{pool});",
        f"%7 = concatenate((%6, sigmoid(%6)), axis={axis});",
        f"%8 = nn.global_avg_pool2d(%7{pool});",
        *tail,
    )


def test_twins_are_the_same_graph() -> None:
    flat = ("nn.batch_flatten(%8)",)
    one = read("%x: Tensor[(1, 3, 16, 16), float32]", *net(True, *flat))
    other = read("%x: Tensor[(1, 16, 16, 3), float32]", *net(False, *flat))
    assert "TRANSPOSE" not in kinds(one)
    assert kinds(one) == kinds(other)
    assert structural_hash(one) == structural_hash(other)


def test_flattening_an_image_needs_a_transpose() -> None:
    one = read("%x: Tensor[(1, 3, 16, 16), float32]", *net(True, "nn.batch_flatten(%7)"))
    assert kinds(one)[-2:] == ["TRANSPOSE", "RESHAPE"]


def test_a_transpose_that_is_there_stays() -> None:
    layout = 'data_layout="NHWC", kernel_layout="HWIO"'
    graph = read(
        "%x: Tensor[(1, 3, 16, 16), float32], %v_param_1: Tensor[(1, 1, 3, 3), float32]",
        "%0 = transpose(%x, axes=[0, 2, 3, 1]) /* span=t:0:0 */;",
        f"nn.conv2d(%0, %v_param_1, channels=3, kernel_size=[1, 1], {layout}) /* span=c:0:0 */",
    )
    assert kinds(graph) == ["TRANSPOSE", "CONV_2D"]


def test_inputs_and_results_of_images_are_images() -> None:
    graph = read(
        "%x: Tensor[(1, 3, 16, 8), float32]",
        "nn.conv2d(%x, meta[relay.Constant][0], channels=5, kernel_size=[1, 1])",
    )
    assert shapes(graph, (*graph.inputs, *graph.outputs)) == [(1, 16, 8, 3), (1, 16, 8, 5)]
