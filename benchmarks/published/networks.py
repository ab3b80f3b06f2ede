"""The published networks made again: from the zoo, by a function here, or as a file at hand."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.published import efficient, inception, others
from benchmarks.sets import SHARED
from perfcost.spaces import zoo
from perfcost.spaces.samplers.rarities import Rarities


@dataclass(frozen=True, slots=True)
class Network:
    """One way to have a published network."""

    name: str
    """As in ``published.csv``."""
    origin: str
    """``zoo``, ``here`` (this package) or ``file`` (of ../shared/models)."""
    place: str
    """Name in the zoo, of the function, or of the file."""
    dtype: str
    note: str
    """What is known of the difference to the file that was timed."""
    variant: bool = False
    """A second way to have a network: shown beside the first, not counted."""
    seen: bool = False
    """Compared already while the model of the caches was written, it or a sibling."""

    def model(self) -> bytes | None:
        """The .tflite file; None for a file that is not at hand."""
        if self.origin == "zoo":
            return zoo.build(self.place, self.dtype)
        if self.origin == "file":
            path = SHARED / self.place
            return path.read_bytes() if path.is_file() else None
        # Sampled layers too: a uint8 input of an int8 network is none of the zoo's habits.
        net = Rarities(dtype=self.dtype, seed=zlib.crc32(self.place.encode()))
        _HERE[self.place](net)
        return net.build()


_HERE: dict[str, Callable[[Rarities], None]] = {
    "facenet512": inception.facenet512,
    "mnasnet_a1_075": efficient.mnasnet_a1_075,
    "mobilenet_v1_025_128_slim": others.mobilenet_v1_025_128_slim,
    "wav2letter": others.wav2letter,
    "whenet": efficient.whenet,
    "yolov4_tiny": others.yolov4_tiny,
}

NETWORKS: tuple[Network, ...] = (
    Network(
        "anomaly_detection", "zoo", "mlperf_tiny_ad", "int8", "MLPerf Tiny's reference",
        seen=True,
    ),
    Network(
        "keyword_spotting", "zoo", "mlperf_tiny_kws", "int8", "MLPerf Tiny's reference",
        seen=True,
    ),
    Network(
        "mobilenet_v1_025_128", "here", "mobilenet_v1_025_128_slim", "uint8",
        "uint8 with one scale a tensor, as TensorFlow 1 wrote it", seen=True,
    ),
    Network(
        "mobilenet_v2", "zoo", "mobilenet_v2", "int8",
        "Keras' own, with a PAD before each strided convolution", seen=True,
    ),
    Network(
        "mobilenet_v2", "file", "test_data/tf2_mobilenet_v2_1.0_224_ptq.tflite", "int8",
        "another author's: no PAD, 1001 classes", variant=True, seen=True,
    ),
    Network("efficientnet_lite0", "zoo", "efficientnet_lite0", "int8", "as published"),
    Network("mnasnet_a1_075", "here", "mnasnet_a1_075", "int8", "as published"),
    Network(
        "ssdlite_mobilenet_v2", "zoo", "ssdlite_mobilenet_v2", "int8",
        "has one LOGISTIC at the end that NXP's cut leaves out",
    ),
    Network("yolov4_tiny", "here", "yolov4_tiny", "int8", "as NXP's export script builds it"),
    Network(
        "movenet", "file", "test_data/movenet_single_pose_lightning_ptq.tflite", "int8",
        "Google's file, from Coral's test data", seen=True,
    ),
    Network("whenet", "here", "whenet", "int8", "EfficientNet-B0 with three heads"),
    Network("facenet512", "here", "facenet512", "int8", "DeepFace's Inception-ResNet v1"),
    Network(
        "wav2letter", "here", "wav2letter", "int8",
        "the command says tiny_wav2letter, recipe and stated operations are the large one's",
    ),
)  # fmt: skip
