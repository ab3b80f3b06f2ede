"""Rows of Vela's tables for an Ethos-U85 as commands and blocks, for tests of each law alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from perfcost.labels import Label
from perfcost.physics.ethos_u.blocks import Block
from perfcost.physics.ethos_u.command import Command, FeatureMap, Link
from perfcost.physics.ethos_u.u85.work import Engine, Work
from perfcost.targets import EthosUTarget, resolve
from tests.physics.compiled import hwc

Row = Mapping[str, Any]

KINDS = {
    "Conv2D": "conv", "FullyConnected": "conv", "DepthwiseConv2D": "depthwise", "MaxPool": "pool",
    "AvgPool": "pool", "Add": "elementwise", "Sub": "elementwise", "Mul": "elementwise",
    "Asr": "elementwise", "CLZ": "elementwise", "LUT": "pool", "Relu": "pool", "Relu6": "pool",
    "Quantize": "pool", "MemoryCopy": "copy", "Transpose": "pool", "ReduceSum": "reduce",
    "ArgMax": "minmax", "MatMul": "matmul",
}  # fmt: skip
BITS = {"Int8": 8, "UInt8": 8, "Int16": 16, "Int32": 32, "Int64": 64}
SWAPS = {
    "None": (0, 1, 2), "NWHC": (1, 0, 2), "NHCW": (0, 2, 1), "NWCH": (1, 2, 0), "NCHW": (2, 0, 1),
    "NCWH": (2, 1, 0),
}  # fmt: skip
ACTIVATIONS = ("LUT", "Relu", "Relu6")
_MEMORIES = {"Sram": "sram", "Dram": "dram", "OffChipFlash": "flash"}


def engine(target: str) -> Engine:
    npu = resolve(target)
    assert isinstance(npu, EthosUTarget) and npu.buffers is not None
    return Engine(npu.macs_per_cycle, npu.ofm_ublocks_hwc, npu.ofm_block_max_hwc, npu.buffers)


def groups(label: Label) -> Iterator[tuple[Row, list[Row]]]:
    """Each row that costs something, with the rows fused and chained to it."""
    detail = label.detail or []
    for row in detail:
        if row["operator"] in KINDS and row.get("ofm_block_h") and not row.get("group_id"):
            yield row, [other for other in detail if other.get("group_id") == row["id"]]


def work_of(row: Row) -> Work:
    """What decides the block of a row."""
    kind = KINDS[row["operator"]]
    ifm, ofm = hwc(row, "ifm"), hwc(row, "ofm")
    ifm2 = hwc(row, "ifm2") if row.get("ifm2_shape_c") else None
    if kind == "elementwise" and ifm2 is not None and math.prod(ifm2) > math.prod(ifm):
        ifm, ifm2 = ifm2, ifm
    swap = SWAPS[row["transpose_type"]]
    back = [swap.index(axis) for axis in range(3)]
    return Work(
        kind, ifm, (ofm[back[0]], ofm[back[1]], ofm[back[2]]), ifm2,
        (row["kernel_size_y"], row["kernel_size_x"]),
        (row["kernel_stride_y"], row["kernel_stride_x"]),
        (row["kernel_dilation_y"], row["kernel_dilation_x"]),
        BITS[row["ifm_dtype"]], BITS[row["ofm_dtype"]], swap=swap,
        brick=row["ofm_format"] == "NHCWB16",
        sparse="Sparse" in (row.get("weight_format") or ""),
    )  # fmt: skip


def block_of(row: Row) -> Block:
    return Block(
        hwc(row, "ifm_block"), hwc(row, "ofm_block"), row.get("traversal") == "PartKernel",
        hwc(row, "ofm_ublock"), "Sparse" in (row.get("weight_format") or ""),
    )  # fmt: skip


def command_of(target: EthosUTarget, row: Row, group: list[Row]) -> Command:
    """A row, with the rows fused and chained to it, as a command."""
    written = next((r["ofm_memory"] for r in reversed(group) if r.get("ofm_memory")), None)

    def seen(source: Row, name: str, memory: str | None = None) -> FeatureMap:
        where = source.get(f"{name}_memory") or memory
        area = target.arena if where is None else target.memory(_MEMORIES.get(where, where))
        brick = source[f"{name}_format"] == "NHCWB16"
        return FeatureMap(hwc(source, name), area, brick, BITS[source[f"{name}_dtype"]])

    chain: list[Link] = []
    activation = "none"
    for other in group:
        if other["operator"] in ACTIVATIONS:
            kind = "lut" if other["operator"] == "LUT" else "relu"
            if chain:
                last = chain[-1]
                chain[-1] = Link(
                    last.operation, last.bits, seen(other, "ofm", written), last.external,
                    last.binary, kind,
                )  # fmt: skip
            else:
                activation = kind
        elif other["operator"] != "Transpose":
            external = tuple(
                seen(other, name)
                for name in ("ifm", "ifm2")
                if other.get(f"{name}_memory") and math.prod(hwc(other, name)) > 1
            )
            binary = bool(other.get("ifm2_shape_c"))
            bits = BITS[other["ifm_dtype"]]
            chain.append(Link("other", bits, seen(other, "ofm", written), external, binary))
    operation = {"Transpose": "transpose", **dict.fromkeys(ACTIVATIONS, "activation")}
    return Command(
        KINDS[row["operator"]], operation.get(row["operator"], "other"), seen(row, "ifm"),
        seen(row, "ofm", None if chain else written),
        seen(row, "ifm2") if row.get("ifm2_shape_c") else None,
        (row["kernel_size_y"], row["kernel_size_x"]), activation=activation,
        has_bias=bool(row.get("weight_total_bytes")), swap=SWAPS[row["transpose_type"]],
        chain=tuple(chain),
    )  # fmt: skip
