"""Shapes of ops that pad, tile, reorder and look up elements."""

from __future__ import annotations

from collections.abc import Mapping

from perfcost.shapes.call import Call, Rule, Shape
from perfcost.shapes.elementwise import broadcast


def _pad(call: Call) -> list[Shape]:
    data, pads = call.shape(0), call.values(1)
    if len(pads) != 2 * len(data) or (pads and min(pads) < 0):
        raise call.error(f"pads {list(pads)} for shape {list(data)}, expected (before, after) each")
    return [tuple(n + a + b for n, a, b in zip(data, pads[::2], pads[1::2], strict=True))]


def _transpose(call: Call) -> list[Shape]:
    data, order = call.shape(0), call.values(1)
    places = [call.axis(axis, len(data)) for axis in order]
    if sorted(places) != list(range(len(data))):
        raise call.error(f"order {list(order)} for shape {list(data)}, expected each axis once")
    return [tuple(data[axis] for axis in places)]


def _tile(call: Call) -> list[Shape]:
    data, repeats = call.shape(0), call.values(1)
    if len(data) != len(repeats):
        raise call.error(f"repeats {list(repeats)} for shape {list(data)}, expected one an axis")
    return [tuple(n * r for n, r in zip(data, repeats, strict=True))]


def _resize(call: Call) -> list[Shape]:
    image, size = call.shape(0, 4), call.values(1)
    if len(size) != 2:
        raise call.error(f"size {list(size)}, expected (height, width)")
    return [(image[0], size[0], size[1], image[3])]


def _block(call: Call) -> int:
    block = call.integer("block_size")
    if block < 1:
        raise call.error(f"block_size {block}, expected at least 1")
    return block


def _depth_to_space(call: Call) -> list[Shape]:
    (n, h, w, c), block = call.shape(0, 4), _block(call)
    if c % block**2:
        raise call.error(f"{c} channels, expected a multiple of {block**2}")
    return [(n, h * block, w * block, c // block**2)]


def _space_to_depth(call: Call) -> list[Shape]:
    (n, h, w, c), block = call.shape(0, 4), _block(call)
    if h % block or w % block:
        raise call.error(f"an image of {h} x {w}, expected multiples of {block}")
    return [(n, h // block, w // block, c * block**2)]


def _space_to_batch(call: Call) -> list[Shape]:
    data, block, pads = call.shape(0), call.values(1), call.values(2)
    return [_blocked(call, data, block, pads, grow=False)]


def _batch_to_space(call: Call) -> list[Shape]:
    data, block, crops = call.shape(0), call.values(1), call.values(2)
    return [_blocked(call, data, block, crops, grow=True)]


def _blocked(
    call: Call, data: Shape, block: tuple[int, ...], edges: tuple[int, ...], *, grow: bool
) -> Shape:
    count = len(block)
    if len(edges) != 2 * count or len(data) <= count or (block and min(block) < 1):
        raise call.error(f"block {list(block)} and edges {list(edges)} for shape {list(data)}")
    batch, sizes = data[0], []
    for size, step, before, after in zip(
        data[1 : count + 1], block, edges[::2], edges[1::2], strict=True
    ):
        if grow:
            batch, rest = divmod(batch, step)
            sizes.append(size * step - before - after)
        else:
            batch, rest = batch * step, (size + before + after) % step
            sizes.append((size + before + after) // step)
        if rest or sizes[-1] < 0:
            raise call.error(f"block {list(block)} for shape {list(data)}, expected a multiple")
    return (batch, *sizes, *data[count + 1 :])


def _gather(call: Call) -> list[Shape]:
    data, places = call.shape(0), call.shape(1)
    axis = call.axis(call.integer("axis"), len(data))
    batch = call.integer("batch_dims")
    return [(*data[:axis], *places[batch:], *data[axis + 1 :])]


def _gather_nd(call: Call) -> list[Shape]:
    data, places = call.shape(0), call.shape(1)
    if not places or places[-1] > len(data):
        raise call.error(f"indices of shape {list(places)} for shape {list(data)}")
    return [(*places[:-1], *data[places[-1] :])]


def _embedding(call: Call) -> list[Shape]:
    return [(*call.shape(0), *call.shape(1)[1:])]


def _top_k(call: Call) -> list[Shape]:
    return [(*call.shape(0)[:-1], call.values(1)[0])] * 2


def _broadcast_to(call: Call) -> list[Shape]:
    data, wanted = call.shape(0), call.values(1)
    if broadcast(call, [data, wanted]) != wanted:
        raise call.error(f"shape {list(data)} to broadcast to {list(wanted)}")
    return [wanted]


def _fill(call: Call) -> list[Shape]:
    return [call.values(0)]


MOVEMENT_RULES: Mapping[str, Rule] = {
    "PAD": _pad,
    "PADV2": _pad,
    "MIRROR_PAD": _pad,
    "TRANSPOSE": _transpose,
    "TILE": _tile,
    "RESIZE_BILINEAR": _resize,
    "RESIZE_NEAREST_NEIGHBOR": _resize,
    "DEPTH_TO_SPACE": _depth_to_space,
    "SPACE_TO_DEPTH": _space_to_depth,
    "SPACE_TO_BATCH_ND": _space_to_batch,
    "BATCH_TO_SPACE_ND": _batch_to_space,
    "GATHER": _gather,
    "GATHER_ND": _gather_nd,
    "EMBEDDING_LOOKUP": _embedding,
    "TOPK_V2": _top_k,
    "FILL": _fill,
    "BROADCAST_TO": _broadcast_to,
    "SHAPE": lambda call: [(len(call.shape(0)),)],
    "RANK": lambda call: [()],
}
