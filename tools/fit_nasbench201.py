"""Writes the targets ``nasbench201-<device>`` from measured latencies.

    python tools/fit_nasbench201.py

Reads ``../shared/measured/nasbench201_latency_ms.csv``, fits the law of each device to 70 % of the
networks, its interval to 10 %, scores both on the rest, and writes one profile a device into
``perfcost/targets/cells``.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.cells import table  # noqa: E402
from perfcost.cells import fit  # noqa: E402
from perfcost.files import written_whole  # noqa: E402
from perfcost.targets.cells_target import FAMILY, PREFIX  # noqa: E402
from perfcost.training.scores import score  # noqa: E402

FOLDER = ROOT / "perfcost" / "targets" / "cells"
HELP = "HELP (Lee et al., NeurIPS 2021, arXiv:2106.08630; data under MIT)"
HW_NAS_BENCH = "HW-NAS-Bench (Li et al., ICLR 2021, arXiv:2103.10584; MIT) by way of " + HELP
NAMES = {
    "1080ti": "NVIDIA GeForce GTX 1080 Ti", "2080ti": "NVIDIA GeForce RTX 2080 Ti",
    "titanx": "NVIDIA Titan X", "titanxp": "NVIDIA Titan Xp", "titan_rtx": "NVIDIA Titan RTX",
    "gold": "Intel Xeon Gold", "silver": "Intel Xeon Silver", "pixel2": "Google Pixel 2 (a phone)",
    "essential_ph_1": "Essential PH-1 (a phone)", "samsung_a50": "Samsung Galaxy A50 (a phone)",
    "samsung_s7": "Samsung Galaxy S7 (a phone)",
}  # fmt: skip
OF_HW_NAS_BENCH = {
    "pixel3": "Google Pixel 3 (a phone)", "raspi4": "Raspberry Pi 4",
    "fpga": "an FPGA accelerator", "eyeriss": "Eyeriss, an accelerator",
}  # fmt: skip
# Their times are the same to the last digit wherever the same ops run, and there are 84 and 27
# different ones in all: a tool gave them, no clock. The source says "measured/estimated".
SIMULATED = ("fpga", "eyeriss")


def words(device: str) -> str:
    """What a device of the table is."""
    if device in OF_HW_NAS_BENCH:
        return OF_HW_NAS_BENCH[device]
    family, _, number = device.rpartition("_")
    if family in ("gold", "silver"):
        return f"{NAMES[family]} {number.upper()}"
    return NAMES.get(device) or NAMES[family]


def batch(device: str) -> int:
    """Images at once: GPUs were timed with several numbers, which their names end in."""
    end = device.rpartition("_")[2]
    return int(end) if device.rpartition("_")[0] in NAMES and end in ("1", "32", "256") else 1


def profile(rows: table.Table, device: str) -> str:
    """The text of a profile."""
    ms = rows.ms[device]
    law = fit.fit([rows.counts[row] for row in rows.train], ms[rows.train])
    law = dataclasses.replace(
        law, **{name: round(value, 5) for name, value in dataclasses.asdict(law).items()}
    )
    reach = fit.reach(law, [rows.counts[row] for row in rows.calibration], ms[rows.calibration])
    reach = round(reach + 5e-5, 4)
    found = fit.predict(law, [rows.counts[row] for row in rows.test])
    scored = score(found, ms[rows.test])
    assert scored is not None
    covered = 100 * (np.abs(np.log(ms[rows.test] / found)) <= np.log(reach)).mean()
    origin = HW_NAS_BENCH if device in OF_HW_NAS_BENCH else HELP
    truth = "simulated" if device in SIMULATED else "measured"
    lines = [
        "# By tools/fit_nasbench201.py. Cell space only: NAS-Bench-201 networks of CIFAR-10.",
        f'name = "{PREFIX}{device}"', f'family = "{FAMILY}"', f'device = "{words(device)}"',
        f'truth = "{truth}"', f"batch = {batch(device)}", f'source = "{origin}"',
        f"reach = {reach}", "",
        "[cell_ms]",
        *[f"{name} = {value}" for name, value in dataclasses.asdict(law).items()], "",
        "# On networks that were left out, in per cent.",
        "[errors]", f"networks = {scored.count}", f"mape = {scored.mape:.2f}",
        f"within_5 = {scored.within_5:.1f}", f"within_10 = {scored.within_10:.1f}",
        f"spearman = {scored.spearman:.3f}", f"covered = {covered:.1f}", "",
    ]  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    rows = table.read()
    FOLDER.mkdir(exist_ok=True)
    for device in rows.ms:
        with written_whole(FOLDER / f"{PREFIX}{device}.toml") as stream:
            stream.write(profile(rows, device).encode())
        print(device, flush=True)


if __name__ == "__main__":
    main()
