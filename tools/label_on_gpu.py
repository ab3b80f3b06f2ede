"""Labels .tflite files on this machine's GPU, a JSON line each as they come; goes on where it was.

    python tools/label_on_gpu.py --models nets/ --out labels.jsonl
    python tools/label_on_gpu.py --draw image-float32:0-99 --draw wild:0-49 --out labels.jsonl

Draws take turns, so that a run that is cut off has some of each. Several --jobs compile shaders at
once; one at a time is measured.

For a machine without a network: carry this checkout and the wheels of `perfcost[label]`. Vulkan's
loader and the GPU's driver must be there (VK_DRIVER_FILES names the driver's .json). The GPU's own
name and its peaks, measured first, are in the TOML beside --out, a profile that `perfcost` reads.
`--software` uses SwiftShader. Exit code 1: the GPU cannot be used at all.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from perfcost.errors import PerfcostError
from perfcost.files import written_whole
from perfcost.labels import label_many
from perfcost.labels.gpu import GpuLabeller, local_gpu
from perfcost.labels.measured.peaks import measure_peaks
from perfcost.spaces import samplers
from perfcost.spaces.floats import float_twin
from perfcost.targets import MeasuredTarget, resolve

_TEMPLATE = "gpu-swiftshader"
Job = tuple[str, "Path | tuple[str, int]", bool]


def main() -> int:
    """Labels what is not in --out yet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--models", type=Path, help="folder of .tflite files")
    parser.add_argument("--draw", action="append", default=[], metavar="SPACE:FIRST-LAST")
    parser.add_argument("--out", type=Path, required=True, help="JSON lines; appended to")
    parser.add_argument("--as-floats", action="store_true", help="label float32 twins of --models")
    parser.add_argument("--software", action="store_true", help="SwiftShader in place of a GPU")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument(
        "--again", type=int, default=0, metavar="N", help="label the first N a second time"
    )
    parser.add_argument("--seconds", type=float, default=1.0, help="timed for each model")
    parser.add_argument(
        "--timeout", type=float, default=120.0, help="seconds until one is given up"
    )
    chosen = parser.parse_args()
    done = _done(chosen.out)
    jobs = [job for job in _jobs(chosen) if job[0] not in done]
    try:
        labeller = GpuLabeller(budget_s=chosen.seconds)
        target = _profile(chosen, labeller)
    except PerfcostError as error:
        print(error, file=sys.stderr)
        return 1
    names = [name for name, _, _ in jobs]
    with open(chosen.out, "a", encoding="utf-8") as out:
        models = (_model(source, as_floats) for _, source, as_floats in jobs)
        for outcome in label_many(
            models, target, labeller, jobs=chosen.jobs, timeout_s=chosen.timeout,
            memory_limit_bytes=None, ordered=False,
        ):  # fmt: skip
            line = {"model": names[outcome.model_index], "wall_s": round(outcome.wall_s, 2)}
            if outcome.label:
                line["label"] = outcome.label.as_dict()
            elif outcome.refusal:
                line["refusal"] = dataclasses.asdict(outcome.refusal)
            out.write(json.dumps(line) + "\n")
            out.flush()
            os.fsync(out.fileno())
    return 0


def _jobs(chosen: argparse.Namespace) -> Iterator[Job]:
    """Name, where the bytes come from, and whether the float twin is meant."""
    listed = list(_listed(chosen))
    yield from listed
    for name, source, as_floats in listed[: chosen.again]:
        yield f"{name}#2", source, as_floats


def _listed(chosen: argparse.Namespace) -> Iterator[Job]:
    draws = [_draw(text) for text in chosen.draw]
    for turn in itertools.zip_longest(*draws):
        for drawn in turn:
            if drawn is not None:
                yield f"{drawn[0]}:{drawn[1]}", drawn, False
    if chosen.models:
        for path in sorted(chosen.models.glob("**/*.tflite")):
            suffix = ":float32" if chosen.as_floats else ""
            yield f"{path.relative_to(chosen.models)}{suffix}", path, chosen.as_floats


def _draw(text: str) -> list[tuple[str, int]]:
    space, _, seeds = text.partition(":")
    first, _, last = seeds.partition("-")
    return [(space, seed) for seed in range(int(first), int(last or first) + 1)]


def _model(source: Path | tuple[str, int], as_floats: bool) -> bytes:
    """The bytes to label; of a file that has no float twin, none, which the labeller refuses."""
    try:
        if isinstance(source, tuple):
            return samplers.sample(*source)
        content = source.read_bytes()
        return float_twin(content) if as_floats else content
    except (OSError, PerfcostError) as error:
        print(f"{source}: {error}", file=sys.stderr)
        return b""


def _done(out: Path) -> set[str]:
    """Names that have a line; a line that was cut off is taken away."""
    if not out.exists():
        return set()
    lines = out.read_bytes().splitlines(keepends=True)
    whole = [line for line in lines if line.endswith(b"\n")]
    if len(whole) < len(lines):
        with written_whole(out) as stream:
            stream.write(b"".join(whole))
    return {json.loads(line)["model"] for line in whole}


def _profile(chosen: argparse.Namespace, labeller: GpuLabeller) -> MeasuredTarget:
    """The GPU under its own name with its peaks, from the TOML beside --out or measured anew."""
    path = chosen.out.with_suffix(".toml")
    if not path.exists():
        template = resolve(_TEMPLATE)
        assert isinstance(template, MeasuredTarget)
        gpu = local_gpu(dataclasses.replace(template, software=chosen.software))
        peaks = measure_peaks(lambda net: labeller.label(net, gpu).latency_ms)
        kind = "software" if chosen.software else "hardware"
        text = "\n".join([
            f"name = {json.dumps(gpu.name)}", 'family = "gpu"',
            f"device = {json.dumps(gpu.device)}", f'kind = "{kind}"',
            f'source = "measured by tools/label_on_gpu.py, LiteRT {labeller.version}"',
            "clock_hz = 1e9", f"bytes_per_cycle = {peaks.bytes_per_ns:.6g}",
            f"op_overhead_cycles = {peaks.op_overhead_ns:.6g}", "", "[macs_per_cycle]",
            f"float32 = {peaks.macs_per_ns:.6g}", f"int8 = {peaks.macs_per_ns:.6g}",
        ])  # fmt: skip
        with written_whole(path) as stream:
            stream.write(f"{text}\n".encode())
    target = resolve(path)
    assert isinstance(target, MeasuredTarget)
    return target


if __name__ == "__main__":
    raise SystemExit(main())
