"""The picture of a placed graph."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).parents[1] / "placement"))

from systems import branches, mixed, system

from perfcost.builder import GraphBuilder
from perfcost.placement import place
from perfcost.report.folding import MAX_BOXES, boxes
from perfcost.report.placement_svg import placement_picture


def test_every_op_is_in_one_box_and_boxes_follow_what_they_read() -> None:
    for graph in (mixed(2), branches()):
        placement = place(graph, system())
        found = boxes(placement)
        assert sorted(op for box in found for op in box.ops) == list(range(len(graph.ops)))
        for place_, box in enumerate(found):
            for source, _ in box.after:
                assert source < place_ and found[source].layer < box.layer
            names = {placement.device_of(op) for op in box.ops}
            assert names == {placement.system.devices[box.device].name}


def test_two_hundred_ops_fold_into_few_boxes() -> None:
    build = GraphBuilder("long")
    x = build.input((1, 8, 8, 8))
    for _ in range(70):
        x = build.add(build.conv2d(build.unary("RELU", x), 8, 3), x)
    placement = place(build.build([x]), system())
    assert len(placement.graph.ops) > 200
    assert MAX_BOXES // 2 < len(boxes(placement)) <= MAX_BOXES
    root = ElementTree.fromstring(placement_picture(placement))
    assert float(root.get("width", "inf")) <= 1600 and float(root.get("height", "inf")) <= 1000


def test_names_from_files_are_escaped() -> None:
    build = GraphBuilder("<b>&")
    placement = place(build.build([build.conv2d(build.input((1, 8, 8, 8)), 8, 3)]), system())
    text = placement_picture(placement)
    ElementTree.fromstring(text)
    assert "<b>" not in text


def test_what_crosses_is_told() -> None:
    placement = place(mixed(), system())
    assert "KiB" in placement_picture(placement)
