"""Which kind of work a kernel does, by its name, and which kind an op of TFLite asks for."""

from __future__ import annotations

import re
from functools import lru_cache

OTHER = "other"

# In this order: the first that fits a name wins.
_KERNELS = (
    ("depthwise", r"dwconv|Depthwise"),
    ("matrix", r"gemm|ruy|Conv|FullyConnected|spmm|conv_hwc2chw|Gemm"),
    ("add", r"vaddc?_|Add"),
    ("multiply", r"vmulc?_|Mul"),
    ("subtract", r"v[r]?subc?_|Sub"),
    ("clamp", r"vclamp"),
    ("pool", r"avgpool|maxpool|argmax|Pool|rsum|rdsum|rmax|Mean"),
    ("softmax", r"raddstoreexp|Softmax"),
    (
        "activation",
        r"vhswish|vsigmoid|vtanh|vprelu|velu|vlrelu|vlut|vgelu|Logistic|Tanh|Prelu|LeakyRelu"
        r"|HardSwish|vrelu|Relu|rsqrt|vsqr|vabs|vneg|vexp",
    ),
    ("resize", r"ibilinear|Resize"),
    (
        "move",
        r"transpose|copy|memcpy|memset|fill|pad|zip|unpool|Concat|Reshape|Transpose|Pad|Slice"
        r"|Gather|Split|Pack",
    ),
    ("convert", r"vcvt|Quantize|Dequant|convert|packx"),
)
_PATTERNS = tuple((family, re.compile(pattern)) for family, pattern in _KERNELS)

_OPS = {
    "CONV_2D": "matrix",
    "DEPTHWISE_CONV_2D": "depthwise",
    "FULLY_CONNECTED": "matrix",
    "TRANSPOSE_CONV": "matrix",
    "BATCH_MATMUL": "matrix",
    "ADD": "add",
    "SUB": "subtract",
    "MUL": "multiply",
    **dict.fromkeys("AVERAGE_POOL_2D MAX_POOL_2D MEAN SUM REDUCE_MAX".split(), "pool"),
    "SOFTMAX": "softmax",
    **dict.fromkeys("RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR".split(), "resize"),
    **dict.fromkeys("QUANTIZE DEQUANTIZE".split(), "convert"),
    **dict.fromkeys(
        "LOGISTIC TANH RELU RELU6 HARD_SWISH PRELU LEAKY_RELU ELU".split(), "activation"
    ),
    **dict.fromkeys(
        """PAD CONCATENATION RESHAPE TRANSPOSE STRIDED_SLICE SPLIT PACK SQUEEZE
        EXPAND_DIMS""".split(),
        "move",
    ),
}


@lru_cache(maxsize=4096)
def family_of_kernel(name: str) -> str:
    """The kind of work of a function of the runtime; ``OTHER`` if its name says nothing."""
    for family, pattern in _PATTERNS:
        if pattern.search(name):
            return family
    return OTHER


def family_of_op(kind: str) -> str:
    """The kind of work that a TFLite op asks for; ``OTHER`` for one that no kernel is known of."""
    return _OPS.get(kind, OTHER)
