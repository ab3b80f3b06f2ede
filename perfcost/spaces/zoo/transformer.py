"""Transformer encoders as the converter writes them: layer norm in pieces, attention per head."""

from __future__ import annotations

from perfcost.spaces.writer.builder import NetBuilder
from perfcost.spaces.writer.records import Tensor


def bert_tiny_encoder(net: NetBuilder) -> None:
    """[1, 128, 128] embedded tokens through BERT-Tiny's 2 layers of width 128, 2 heads.

    Turc et al., arXiv:1908.08962; the tables of embeddings and the pooler are left out.
    """
    x = net.input([1, 128, 128])
    for _ in range(2):
        x = layer_norm(net, net.add(x, attention(net, x, 2)))
        x = layer_norm(net, net.add(x, _mlp(net, x)))


def deit_tiny(net: NetBuilder) -> None:
    """[1, 224, 224, 3] to 1000 classes in patches of 16; Touvron et al., arXiv:2012.12877.

    12 layers of width 192, 3 heads, norms before attention and MLP.
    """
    x = net.conv(net.input([1, 224, 224, 3]), 192, 16, 16, padding="VALID")
    x = net.concat([net.learned([1, 1, 192]), net.reshape(x, [1, 196, 192])], 1)
    x = net.add(x, net.learned([1, 197, 192]))
    for _ in range(12):
        x = net.add(x, attention(net, layer_norm(net, x), 3))
        x = net.add(x, _mlp(net, layer_norm(net, x)))
    x = net.strided_slice(layer_norm(net, x), [0, 0, 0], [1, 1, 192])
    net.fully_connected(net.reshape(x, [1, 192]), 1000)


def layer_norm(net: NetBuilder, x: Tensor) -> Tensor:
    """(x - mean) / sqrt(variance + eps) * gain + offset over the last axis."""
    mean = net.mean(x, [-1], keep_dims=True)
    variance = net.mean(net.squared_difference(x, mean), [-1], keep_dims=True)
    factor = net.mul(net.rsqrt(net.add(variance, 1e-3)), net.learned(x.shape[-1:]))
    offset = net.sub(net.learned(x.shape[-1:]), net.mul(mean, factor))
    return net.add(net.mul(x, factor), offset)


def attention(net: NetBuilder, x: Tensor, heads: int) -> Tensor:
    """Self-attention of ``[1, tokens, width]`` with as many columns a head."""
    _, tokens, width = x.shape
    each = width // heads
    query, key, value = (
        net.transpose(
            net.reshape(net.fully_connected(x, width, keep_dims=True), [1, tokens, heads, each]),
            [0, 2, 1, 3],
        )
        for _ in range(3)
    )
    scores = net.batch_matmul(net.mul(query, each**-0.5), key, adjoint_y=True)
    y = net.batch_matmul(net.softmax(scores), value)
    y = net.reshape(net.transpose(y, [0, 2, 1, 3]), [1, tokens, width])
    return net.fully_connected(y, width, keep_dims=True)


def _mlp(net: NetBuilder, x: Tensor) -> Tensor:
    """Four times the width and back, GELU between."""
    y = net.gelu(net.fully_connected(x, 4 * x.shape[-1], keep_dims=True))
    return net.fully_connected(y, x.shape[-1], keep_dims=True)
