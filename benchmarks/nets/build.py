"""Builds the test nets: `python -m benchmarks.nets.build --out DIR [--only NAME] [--float]`.

A net whose file is there already is skipped.  `--index` also writes `index.csv` from what is there.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from pathlib import Path

from benchmarks.nets.registry import Net, all_nets


def _write(path: Path, data: bytes) -> None:
    """Write under a temporary name, then rename: a file that is there is whole."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    part.replace(path)


def _report(path: Path, seconds: float) -> None:
    from benchmarks.nets.tensors import read_ops

    ops = list(read_ops(path))
    macs = sum(op.macs for op in ops)
    size = path.stat().st_size
    print(
        f"{path.name:44} {len(ops):5d} ops {macs / 1e6:10.2f} MMACs {size / 1e3:10.1f} kB "
        f"{seconds:6.1f} s sha256 {hashlib.sha256(path.read_bytes()).hexdigest()[:12]}",
        flush=True,
    )


def build(net: Net, folder: Path, with_float: bool) -> None:
    """Build what is missing of one net."""
    int8, floating = folder / f"{net.name}.tflite", folder / f"{net.name}.float.tflite"
    info = folder / f"{net.name}.txt"
    if int8.exists() and (floating.exists() or not with_float):
        return
    from benchmarks.nets import convert

    start = time.monotonic()
    model = convert.prepared(net)
    if not int8.exists():
        shape = "x".join(map(str, model.input_shape))
        _write(info, f"{shape} {model.count_params()} {convert.tensorflow_version()}\n".encode())
        _write(int8, convert.to_int8(net, model))
        _report(int8, time.monotonic() - start)
    if with_float and not floating.exists():
        start = time.monotonic()
        _write(floating, convert.to_float(model))
        _report(floating, time.monotonic() - start)


def main() -> int:
    """Build all nets, or one; 1 if any could not be built."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/nets"), help="default: build/nets")
    parser.add_argument("--only", metavar="NAME", help="one net")
    parser.add_argument("--float", action="store_true", help="a float32 file of each as well")
    parser.add_argument("--index", action="store_true", help="write index.csv from the folder")
    arguments = parser.parse_args()
    nets = all_nets()
    if arguments.only is not None and arguments.only not in nets:
        parser.error(f"unknown net {arguments.only!r}; known: {', '.join(nets)}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    failed = []
    for net in nets.values():
        if arguments.only in (None, net.name):
            try:
                build(net, arguments.out, arguments.float)
            except Exception as error:  # one refusal must not stop the others
                failed.append(net.name)
                print(f"{net.name:44} failed: {type(error).__name__}: {error}", flush=True)
    if arguments.index:
        from benchmarks.nets.index import write

        write(nets, arguments.out)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
