"""What the sources state of each net's size; a test holds the zoo to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# What a source counts as parameters: the weights of convolutions alone; all that is in the file,
# batch norms folded; the trained values (2 a norm's channel); these and the running means (4).
Count = Literal["weights", "folded", "trained", "all"]


@dataclass(frozen=True, slots=True)
class Published:
    """One source's figures.

    ``tolerance`` is relative and covers the digits that the source gives; 0 where it is exact.
    ``macs`` is None where the source states none for this input.
    """

    name: str
    parameters: int
    count: Count
    parameters_tolerance: float
    macs: int | None
    macs_tolerance: float
    source: str


# torchvision states parameters exactly and operations (_ops, in 1e9) to three decimals; Open Model
# Zoo counts two FLOPs a MAC and elementwise ops too, so MACs lie up to 2 % below half its FLOPs.
_VISION = "torchvision.models, num_params and _ops"
_OMZ = "openvinotoolkit/open_model_zoo, models/public"
# 12,464 and 3,937 weights, each used once a pixel of the small picture.
_FSRCNN = "arXiv:1608.00367, FSRCNN(56, 12, 4) and FSRCNN-s"
_TINY = "mlcommons/tiny, the int8 reference model, counted"

PUBLISHED: tuple[Published, ...] = (
    Published(
        "bert_tiny_encoder",
        # 4,385,920 less the embeddings (3,972,864) and the pooler (16,512).
        396_544, "trained", 0,
        None, 0,
        "google-research/bert, uncased_L-2_H-128_A-2",
    ),
    Published(
        "deit_tiny",
        5_717_416, "trained", 0,
        1_300_000_000, 0.04,
        "facebookresearch/deit; MACs: the model card of timm (1.3 G)",
    ),
    Published(
        "efficientnet_lite0",
        4_652_008, "trained", 0,
        # The source's figure is 5.7 % above the MACs of convolutions and head alone.
        407_000_000, 0.06,
        "tensorflow/tpu, efficientnet/lite (407M, 4.7M); parameters exactly: timm",
    ),
    Published("fsrcnn", 12_464, "weights", 0, 12_464 * 128 * 128, 0, _FSRCNN),
    Published("fsrcnn_small", 3_937, "weights", 0, 3_937 * 128 * 128, 0, _FSRCNN),
    Published("mlperf_tiny_ad", 265_864, "folded", 0, 264_192, 0, _TINY),
    Published("mlperf_tiny_ic", 77_706, "folded", 0, 12_501_632, 0, _TINY),
    Published("mlperf_tiny_kws", 22_604, "folded", 0, 2_656_768, 0, _TINY),
    Published("mlperf_tiny_vww", 210_850, "folded", 0, 7_489_664, 0, _TINY),
    Published(
        "mobilenet_v1",
        4_253_864, "all", 0,
        569_000_000, 0.001,
        "Keras MobileNet's summary; MACs: arXiv:1704.04861 (569 M)",
    ),
    Published(
        "mobilenet_v1_025_128",
        475_544, "all", 0,
        14_000_000, 0.04,
        "Keras MobileNet's summary; MACs: tensorflow/models, slim/nets/mobilenet_v1.md (14 M)",
    ),
    Published("mobilenet_v2", 3_504_872, "trained", 0, 301_000_000, 0.002, _VISION),
    Published("mobilenet_v3_large", 5_483_032, "trained", 0, 217_000_000, 0.003, _VISION),
    Published("mobilenet_v3_small", 2_542_856, "trained", 0, 57_000_000, 0.009, _VISION),
    Published("resnet18", 11_689_512, "trained", 0, 1_814_000_000, 0.001, _VISION),
    Published("resnet50", 25_557_032, "trained", 0, 4_089_000_000, 0.001, _VISION),
    Published(
        "ssd_mobilenet_v2",
        16_818_000, "folded", 5e-5,
        1_887_500_000, 0.02,
        f"{_OMZ}/ssd_mobilenet_v2_coco (3.775 GFLOPs, 16.818 M)",
    ),
    Published(
        "ssdlite_mobilenet_v2",
        4_475_000, "folded", 2e-4,
        762_500_000, 0.02,
        f"{_OMZ}/ssdlite_mobilenet_v2 (1.525 GFLOPs, 4.475 M)",
    ),
    Published("unet", 31_037_633, "trained", 0, None, 0, "milesial/Pytorch-UNet, 1 class"),
    Published(
        "yolo_fastest",
        350_000, "all", 0.015,
        126_000_000, 0.005,
        "dog-qiuqiu/Yolo-Fastest, 1.1 at 320 x 320 (0.252 BFLOPs, 0.35 M)",
    ),
    Published(
        "yolov5n",
        1_867_405, "folded", 0,
        2_250_000_000, 0.02,
        "ultralytics/yolov5 6.0, models/yolov5n.yaml fused (4.5 GFLOPs at 640)",
    ),
)  # fmt: skip
