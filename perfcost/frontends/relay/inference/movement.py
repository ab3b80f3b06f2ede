"""Types of operators that move, cut and reduce."""

from __future__ import annotations

from perfcost.frontends.relay.attributes import Attrs, Mismatch
from perfcost.frontends.relay.inference.elementwise import operand
from perfcost.frontends.relay.inference.partial import axis_of, bounded, product
from perfcost.frontends.relay.types import TensorType, Type


def reshape(types: list[Type | None], attrs: Attrs) -> Type | None:
    data = operand(types, 0)
    wanted = attrs.integers("newshape")
    if data is None:
        return None
    found: list[int] = []
    open_at = -1
    taken = 0
    steps = iter(wanted)
    for step in steps:
        if step > 0 or (step == 0 and attrs.flag("allowzero")):
            found.append(step)
            taken += 1
        elif step == 0:
            found.append(data.shape[taken])
            taken += 1
        elif step == -1:
            if open_at >= 0:
                raise Mismatch(f"newshape {list(wanted)}, expected one -1 at most")
            open_at = len(found)
            found.append(-1)
            taken += 1
        elif step == -2:
            found.extend(data.shape[taken:])
            taken = len(data.shape)
        elif step == -3:
            found.append(product(data.shape[taken : taken + 2]))
            taken += 2
        elif step == -4:
            first, second = next(steps, 1), next(steps, 1)
            whole = data.shape[taken]
            if first == -1 and second > 0:
                first = whole // second
            elif second == -1 and first > 0:
                second = whole // first
            found.extend((first, second))
            taken += 1
        else:
            raise Mismatch(f"newshape {list(wanted)}, expected entries of at least -4")
    before = product(data.shape)
    if open_at >= 0 and before >= 0:
        others = product(tuple(found[:open_at] + found[open_at + 1 :]))
        if others < 0:
            return TensorType(tuple(found), data.dtype)
        if others == 0 or before % others:
            raise Mismatch(f"{before} elements do not fit newshape {list(wanted)}")
        found[open_at] = before // others
    after = product(tuple(found))
    if before >= 0 and after >= 0 and before != after:
        raise Mismatch(f"{before} elements do not fit newshape {list(wanted)}")
    return TensorType(tuple(found), data.dtype)


def batch_flatten(types: list[Type | None], attrs: Attrs) -> Type | None:
    data = operand(types, 0)
    if data is None:
        return None
    return TensorType((data.shape[0], product(data.shape[1:])), data.dtype)


def transpose(types: list[Type | None], attrs: Attrs) -> Type | None:
    data = operand(types, 0)
    if data is None:
        return None
    rank = len(data.shape)
    axes = attrs.maybe_integers("axes") or tuple(reversed(range(rank)))
    order = tuple(axis_of(axis, rank) for axis in axes)
    if sorted(order) != list(range(rank)):
        raise Mismatch(f"axes {list(axes)}, expected each of 0..{rank - 1} once")
    return TensorType(tuple(data.shape[axis] for axis in order), data.dtype)


def layout_transform(types: list[Type | None], attrs: Attrs) -> Type | None:
    data = operand(types, 0)
    source, target = attrs.text("src_layout", ""), attrs.text("dst_layout", "")
    if data is None:
        return None
    if sorted(source) != sorted(target) or len(source) != len(data.shape):
        raise Mismatch(f"layouts {source[:12]} and {target[:12]}, expected the same letters")
    return TensorType(tuple(data.shape[source.index(c)] for c in target), data.dtype)


def reduced_axes(attrs: Attrs, rank: int) -> tuple[int, ...]:
    axes = attrs.maybe_integers("axis")
    found = tuple(axis_of(axis, rank) for axis in (range(rank) if axes is None else axes))
    if attrs.flag("exclude"):
        found = tuple(axis for axis in range(rank) if axis not in found)
    return found


def reduction(types: list[Type | None], attrs: Attrs) -> Type | None:
    data = operand(types, 0)
    if data is None:
        return None
    axes = reduced_axes(attrs, len(data.shape))
    keep = attrs.flag("keepdims")
    shape = tuple(
        1 if axis in axes else extent
        for axis, extent in enumerate(data.shape)
        if keep or axis not in axes
    )
    return TensorType(shape, data.dtype)


def argument(types: list[Type | None], attrs: Attrs) -> Type | None:
    found = reduction(types, attrs)
    return TensorType(found.shape, "int32") if isinstance(found, TensorType) else None


def expand_dims(types: list[Type | None], attrs: Attrs) -> Type | None:
    data = operand(types, 0)
    if data is None:
        return None
    count = attrs.integer("num_newaxis", 1)
    if not 0 <= count <= 8:
        raise Mismatch(f"num_newaxis is {count}, expected 0 to 8")
    axis = axis_of(attrs.integer("axis", 0), len(data.shape) + 1)
    return TensorType((*data.shape[:axis], *(1,) * count, *data.shape[axis:]), data.dtype)


def squeeze(types: list[Type | None], attrs: Attrs) -> Type | None:
    data = operand(types, 0)
    if data is None:
        return None
    axes = attrs.maybe_integers("axis")
    rank = len(data.shape)
    if axes is None:
        return TensorType(tuple(extent for extent in data.shape if extent != 1), data.dtype)
    gone = {axis_of(axis, rank) for axis in axes}
    if any(data.shape[axis] not in (1, -1) for axis in gone):
        raise Mismatch(f"axes {list(axes)} of shape {list(data.shape)}, expected extents of 1")
    return TensorType(
        tuple(extent for axis, extent in enumerate(data.shape) if axis not in gone), data.dtype
    )


def slice_bounds(shape: tuple[int, ...], attrs: Attrs) -> tuple[tuple[int, int, int], ...]:
    """(first, end, stride) of each axis."""
    rank = len(shape)
    begin, end = attrs.integers("begin"), attrs.integers("end")
    strides = attrs.maybe_integers("strides") or (1,)
    axes = attrs.maybe_integers("axes")
    if axes is None:
        axes = tuple(range(len(begin)))
    if len(strides) == 1:
        strides = strides * len(axes)
    if not len(begin) == len(end) == len(axes) == len(strides) or len(axes) > rank:
        raise Mismatch(f"begin {list(begin)}, end {list(end)}, expected as many as axes")
    found = [(0, extent, 1) for extent in shape]
    by_size = attrs.text("slice_mode", "end") == "size"
    for axis, first, last, stride in zip(axes, begin, end, strides, strict=True):
        place = axis_of(axis, rank)
        extent = shape[place]
        if stride == 0 or (by_size and stride < 0):
            raise Mismatch(f"a stride of {stride}, expected another")
        start = bounded(first, extent, stride)
        if by_size:
            found[place] = (start, extent if last < 0 else min(start + last, extent), 1)
        else:
            found[place] = (start, bounded(last, extent, stride), stride)
    return tuple(found)


def strided_slice(types: list[Type | None], attrs: Attrs) -> Type | None:
    data = operand(types, 0)
    if data is None:
        return None
    if -1 in data.shape:
        return None
    shape = tuple(len(range(*bounds)) for bounds in slice_bounds(data.shape, attrs))
    return TensorType(shape, data.dtype)


def pad(types: list[Type | None], attrs: Attrs) -> Type | None:
    data = operand(types, 0)
    if data is None:
        return None
    pads = attrs.pads()
    if len(pads) != len(data.shape):
        raise Mismatch(f"{len(pads)} pads for rank {len(data.shape)}, expected one an axis")
    shape = tuple(
        extent if extent < 0 else extent + before + after
        for extent, (before, after) in zip(data.shape, pads, strict=True)
    )
    if any(extent < -1 for extent in shape):
        raise Mismatch(f"pads {pads} take more than shape {list(data.shape)} has")
    return TensorType(shape, data.dtype)


def tile(types: list[Type | None], attrs: Attrs) -> Type | None:
    data = operand(types, 0)
    reps = attrs.integers("reps")
    if data is None:
        return None
    rank = max(len(data.shape), len(reps))
    shape = (1,) * (rank - len(data.shape)) + data.shape
    times = (1,) * (rank - len(reps)) + reps
    if any(count < 0 for count in times):
        raise Mismatch(f"reps {list(reps)}, expected at least 0")
    return TensorType(
        tuple(-1 if n < 0 else n * count for n, count in zip(shape, times, strict=True)),
        data.dtype,
    )


def given_shape(types: list[Type | None], attrs: Attrs) -> Type | None:
    """``broadcast_to``, ``zeros``, ``ones``, ``full``: the shape is an attribute."""
    shape = attrs.maybe_integers("shape")
    if shape is None:
        return None
    if shape and min(shape) < 0:
        raise Mismatch(f"shape {list(shape)}, expected extents of at least 0")
    data = operand(types, 0) if types else None
    dtype = attrs.text("dtype", "") or (data.dtype if data else "float32")
    return TensorType(shape, dtype)
