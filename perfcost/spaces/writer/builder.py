"""The builder: every kind of layer in one object."""

from __future__ import annotations

from perfcost.spaces.writer.convolutions import Convolutions
from perfcost.spaces.writer.elementwise import Elementwise
from perfcost.spaces.writer.reductions import Reductions
from perfcost.spaces.writer.shapes import Shapes


class NetBuilder(Convolutions, Elementwise, Reductions, Shapes):
    """Builds a .tflite file layer by layer.

    Layers take and give ``Tensor`` handles with a ``shape``::

        net = NetBuilder(seed=1)
        x = net.input([1, 32, 32, 3])
        x = net.conv(x, 16, 3, act="relu")
        x = net.fully_connected(net.mean(x), 10)
        net.softmax(x)
        content = net.build()
    """
