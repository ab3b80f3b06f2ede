"""Which kind of work a kernel does, by its name, and which kind an op of TFLite asks for."""

from __future__ import annotations

import re
from functools import lru_cache

OTHER = "other"
OUTSIDE = ""
"""The name of what is no function of the runtime's library: as a rule memcpy of the C library."""

# In this order: the first that fits a name wins.
_KERNELS = (
    ("convert", r"vcvt|unary_ukernel.*ConvertOp|_convert|packq|Quantize|Dequant"),
    ("depthwise", r"dwconv|Depthwise"),
    ("matrix", r"gemm|ruy|Conv|FullyConnected|spmm|conv_hwc2chw|Gemm|subconv"),
    ("clamp", r"vclamp|vrelu|Relu"),
    ("add", r"_vr?(add|sub)c?_|vmulcaddc|Add|Sub"),
    ("multiply", r"_vmulc?_|Mul"),
    ("divide", r"_vr?divc?_|Div"),
    ("extreme", r"_v(max|min)c?_|Maximum|Minimum"),
    ("difference", r"vsqrdiff|SquaredDifference"),
    ("softmax", r"raddstoreexp|[sS]oftmax"),
    ("pool", r"avgpool|maxpool|argmax|_pooling|Pool|_rd?(sum|max|min)|reduce|Mean|Reduce"),
    (
        "activation",
        r"vhswish|vsigmoid|vtanh|prelu|velu|vlrelu|_lut|gelu|vabs|vneg|vsqr|vrsqrt|vexp|vlog"
        r"|vsin|vcos|vrnd|unary_ukernel|Logistic|Tanh|Prelu|HardSwish|Elu",
    ),
    ("resize", r"ibilinear|resize|Resize"),
    (
        "move",
        r"transpose|copy|memcpy|memset|fill|_pad_|_slice_|unpool|Concat|Reshape|Transpose|Pad"
        r"|Slice|Gather|Split|Pack",
    ),
)
_PATTERNS = tuple((family, re.compile(pattern)) for family, pattern in _KERNELS)

_OPS = {
    kind: family
    for family, kinds in {
        "matrix": "CONV_2D FULLY_CONNECTED TRANSPOSE_CONV BATCH_MATMUL",
        "depthwise": "DEPTHWISE_CONV_2D",
        "add": "ADD SUB",
        "multiply": "MUL",
        "divide": "DIV",
        "extreme": "MAXIMUM MINIMUM",
        "difference": "SQUARED_DIFFERENCE",
        "clamp": "RELU RELU6 RELU_N1_TO_1 RELU_0_TO_1",
        "softmax": "SOFTMAX",
        "pool": "AVERAGE_POOL_2D MAX_POOL_2D MEAN SUM REDUCE_MAX REDUCE_MIN ARG_MAX",
        "activation": """LOGISTIC TANH HARD_SWISH PRELU LEAKY_RELU ELU GELU ABS NEG SQUARE SQRT
            RSQRT EXP LOG SIN COS FLOOR CEIL ROUND""",
        "resize": "RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR",
        "convert": "QUANTIZE DEQUANTIZE CAST",
        "move": """PAD PADV2 MIRROR_PAD CONCATENATION RESHAPE TRANSPOSE STRIDED_SLICE SLICE SPLIT
            SPLIT_V PACK UNPACK SQUEEZE EXPAND_DIMS DEPTH_TO_SPACE SPACE_TO_DEPTH GATHER TILE
            BROADCAST_TO""",
    }.items()
    for kind in kinds.split()
}


@lru_cache(maxsize=4096)
def family_of_kernel(name: str) -> str:
    """The kind of work of a function of the runtime; ``OTHER`` if its name says nothing."""
    if name == OUTSIDE:
        return "move"
    for family, pattern in _PATTERNS:
        if pattern.search(name):
            return family
    return OTHER


def family_of_op(kind: str) -> str:
    """The kind of work that a TFLite op asks for; ``OTHER`` for one that no kernel is known of."""
    return _OPS.get(kind, OTHER)
