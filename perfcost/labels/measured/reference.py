"""The reference networks: what a network's time is divided by.

They never change: a label is a ratio to one of them, times what it takes on the device.
"""

from __future__ import annotations

import functools
import hashlib

from perfcost.spaces.writer.builder import NetBuilder


@functools.cache
def reference_model() -> bytes:
    """The .tflite of the reference: 11 MMACs in float32 on maps that stay in a core's caches.

    Convolutions for arithmetic, depthwise ones and sums for traffic; about as long as small
    networks take, and so little memory that it puts little of a network's out of the caches.
    """
    net = NetBuilder(dtype="float32", seed=7)
    x = net.input([1, 24, 24, 16])
    for _ in range(8):
        y = net.conv(x, 16, 3, act="relu")
        y = net.depthwise(y, 3, act="relu6")
        x = net.add(x, y)
    net.fully_connected(net.mean(x), 10)
    return net.build()


@functools.cache
def reference_id() -> str:
    """Names the reference in a label's settings."""
    return hashlib.sha256(reference_model()).hexdigest()[:12]
