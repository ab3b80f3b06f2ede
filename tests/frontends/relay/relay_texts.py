"""Small Relay programs for the tests."""

from __future__ import annotations

from collections.abc import Sequence

from perfcost.frontends.relay import read_relay
from perfcost.graph import Graph

VERSION = '#[version = "0.0.5"]\n'


def main(params: str, *body: str) -> str:
    """A module whose ``@main`` has these parameters and lines."""
    lines = "\n".join(f"  {line}" for line in body)
    return f"{VERSION}def @main({params}) {{\n{lines}\n}}\n"


def read(params: str, *body: str) -> Graph:
    return read_relay(main(params, *body))


def kinds(graph: Graph) -> list[str]:
    return [op.kind for op in graph.ops]


def shapes(graph: Graph, tensors: Sequence[int]) -> list[tuple[int, ...]]:
    return [graph.tensors[tensor].shape for tensor in tensors]


IMAGE = "%x: Tensor[(1, 8, 8, 3), int8]"

CONV = (
    "%0 = qnn.conv2d(%x, %v_param_1, -128, 0, 0.5f, meta[relay.Constant][0] "
    "/* ty=Tensor[(4), float32] */, padding=[1, 1, 1, 1], channels=4, kernel_size=[3, 3], "
    'data_layout="NHWC", kernel_layout="HWIO", out_dtype="int32");',
    "%1 = nn.bias_add(%0, %v_param_2, axis=3);",
    "%2 = qnn.requantize(%1, meta[relay.Constant][1] /* ty=Tensor[(4), float32] */, 0, 0.04f, "
    '-128, axis=3, out_dtype="int8");',
)
CONV_PARAMS = f"{IMAGE}, %v_param_1: Tensor[(3, 3, 3, 4), int8], %v_param_2: Tensor[(4), int32]"

EVERYTHING = """#[version = "0.0.5"]
def @f(%a: Tensor[(1, 8, 8, 4), int8]) -> Tensor[(1, 8, 8, 4), int8] {
  nn.max_pool2d(%a, pool_size=[3, 3], padding=[1, 1, 1, 1], layout="NHWC")
}

def @main(%x: Tensor[(1, 8, 8, 3), int8] /* ty=Tensor[(1, 8, 8, 3), int8] span=x:0:0 */, \
%v_param_1: Tensor[(3, 3, 3, 4), int8], %v_param_2: Tensor[(4), int32]) -> Tensor[(1, 4), int8] {
  %0 = nn.pad(%x, -128f, pad_width=[[0, 0], [1, 1], [1, 1], [0, 0]]);
  %1 = qnn.conv2d(%0, %v_param_1, -128 /* ty=int32 span=c:0:0 */, 0, 0.5f, \
meta[relay.Constant][0] /* ty=Tensor[(4), float32] */, padding=[0, 0, 0, 0], channels=4, \
kernel_size=[3, 3], data_layout="NHWC", kernel_layout="HWIO", out_dtype="int32") \
/* ty=Tensor[(1, 8, 8, 4), int32] span=c:0:0 */;
  %2 = nn.bias_add(%1, %v_param_2, axis=3);
  %3 = qnn.requantize(%2, meta[relay.Constant][1], 0, 0.02f, 1, axis=3, out_dtype="int8");
  %4 = clip(%3, a_min=1f, a_max=127f);
  %5 = @f(%4);
  %6 = fn (%p: Tensor[(1, 8, 8, 4), int8], Composite="c") -> Tensor[(1, 8, 8, 4), int8] {
    qnn.add(%p, %p, 0.02f, 1, 0.02f, 1, 0.04f, 2)
  };
  %7 = %6(%5);
  let %y = (%7, %4);
  %8 = qnn.concatenate(%y, (0.04f, 0.02f), (2, 1), 0.1f, 1, axis=3);
  %9 = split(%8, indices_or_sections=2, axis=-1);
  %10 = cast(%9.0, dtype="int32");
  %11 = mean(%10, axis=[1, 2]);
  %12 = cast(%11, dtype="int8");
  %13 = qnn.dequantize(%12, 0.1f, 1, out_dtype="float32");
  %14 = nn.softmax(%13);
  if (True) { qnn.quantize(%14, 0.00390625f, -128, out_dtype="int8") } else { %12 }
}
"""
"""Most of the grammar in one program."""
