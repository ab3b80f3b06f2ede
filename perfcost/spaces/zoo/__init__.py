"""Well-known nets by name, as the TFLite converter writes them, with drawn weights.

Structure, shapes, parameters and MACs are those of the published nets (``PUBLISHED``); the weights
are not trained: prices do not depend on their values but through their histogram.
"""

from __future__ import annotations

import difflib
import zlib
from collections.abc import Callable
from functools import partial

from perfcost.errors import Unsupported
from perfcost.spaces.writer.builder import NetBuilder
from perfcost.spaces.writer.records import Size
from perfcost.spaces.zoo import (
    efficientnet,
    mlperf_tiny,
    mobilenet,
    mobilenet_v3,
    resnet,
    ssd,
    superres,
    transformer,
    unet,
    yolo_fastest,
    yolov5,
)
from perfcost.spaces.zoo.published import PUBLISHED, Published

__all__ = ["PUBLISHED", "Published", "build", "names", "size"]

_NETS: dict[str, Callable[[NetBuilder], None]] = {
    "bert_tiny_encoder": transformer.bert_tiny_encoder,
    "deit_tiny": transformer.deit_tiny,
    "efficientnet_lite0": efficientnet.efficientnet_lite0,
    "fsrcnn": superres.fsrcnn,
    "fsrcnn_depth_to_space": superres.fsrcnn_depth_to_space,
    "fsrcnn_small": partial(superres.fsrcnn, wide=32, narrow=5, depth=1),
    "mlperf_tiny_ad": mlperf_tiny.anomaly_detection,
    "mlperf_tiny_ic": mlperf_tiny.image_classification,
    "mlperf_tiny_kws": mlperf_tiny.keyword_spotting,
    "mlperf_tiny_vww": mlperf_tiny.visual_wake_words,
    "mobilenet_v1": mobilenet.mobilenet_v1,
    "mobilenet_v1_025_128": partial(mobilenet.mobilenet_v1, width=0.25, size=128),
    "mobilenet_v2": mobilenet.mobilenet_v2,
    "mobilenet_v3_large": mobilenet_v3.mobilenet_v3_large,
    "mobilenet_v3_small": mobilenet_v3.mobilenet_v3_small,
    "resnet18": resnet.resnet18,
    "resnet50": resnet.resnet50,
    "ssd_mobilenet_v2": ssd.ssd_mobilenet_v2,
    "ssdlite_mobilenet_v2": ssd.ssdlite_mobilenet_v2,
    "unet": unet.unet,
    "yolo_fastest": yolo_fastest.yolo_fastest,
    "yolov5n": yolov5.yolov5n,
}


def names() -> tuple[str, ...]:
    """The names of all nets, sorted."""
    return tuple(sorted(_NETS))


def build(name: str, dtype: str = "int8") -> bytes:
    """The .tflite file of a net.

    Args:
        name: one of ``names()``.
        dtype: "int8", "uint8" or "float32".

    Raises:
        Unsupported: for an unknown name or dtype, or where TFLite has no such uint8 kernel.
    """
    return _draw(name, dtype).build()


def size(name: str) -> Size:
    """Parameters and MACs of a net."""
    return _draw(name, "int8").size()


def _draw(name: str, dtype: str) -> NetBuilder:
    if name not in _NETS:
        near = difflib.get_close_matches(name, _NETS, 3, 0.4) or names()
        raise Unsupported(f"the zoo has no net {name!r}; use one of names(), such as {list(near)}")
    net = NetBuilder(dtype=dtype, seed=zlib.crc32(name.encode()))
    _NETS[name](net)
    return net
