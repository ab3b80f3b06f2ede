"""``perfcost dataset``: labelled graphs of the search spaces."""

from __future__ import annotations

import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from perfcost.cli.console import add_row, console, table
from perfcost.cli.ending import quiet

dataset = typer.Typer(
    help="Labelled graphs of the search spaces.", no_args_is_help=True, rich_markup_mode=None
)


def build(
    space: Annotated[str, typer.Option(help="One of the search spaces.")],
    count: Annotated[int, typer.Option(min=1, help="Seeds 0 to count - 1.")],
    out: Annotated[Path, typer.Option(help="Folder of the shards.")],
    target: Annotated[
        list[str] | None,
        typer.Option("--target", "-t", help="Again for more; none: two drawn for each graph."),
    ] = None,
    first: Annotated[int, typer.Option(min=0, help="First seed, a multiple of 256.")] = 0,
    version: Annotated[int, typer.Option(min=1, help="Of the space's sampler.")] = 1,
    jobs: Annotated[int | None, typer.Option(min=1, help="Worker processes.")] = None,
    max_macs: Annotated[
        int | None, typer.Option(min=1, help="Leave out larger graphs, where a label takes long.")
    ] = None,
) -> None:
    """Sample graphs and label them. Stop it at any time: the next run goes on."""
    from perfcost.dataset.build import Progress
    from perfcost.dataset.build import build as run
    from perfcost.errors import LabelError, TargetError
    from perfcost.labels import VelaLabeller, labeller_for
    from perfcost.spaces import samplers
    from perfcost.targets import resolve

    if space not in samplers.every():
        print(
            f"error: no space {space!r}; there are {', '.join(samplers.every())}", file=sys.stderr
        )
        raise typer.Exit(2)
    if version > samplers.latest(space):
        known = samplers.latest(space)
        print(f"error: {space} has no version {version}; its latest is {known}", file=sys.stderr)
        raise typer.Exit(2)
    try:
        targets = [resolve(name) for name in target] if target else None
        labeller = VelaLabeller() if targets is None else labeller_for(targets)
    except (LabelError, TargetError) as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(2) from None

    def report(progress: Progress) -> None:
        done = progress.kept + progress.done
        if progress.done % 16 and done < progress.wanted:
            return
        left = f"{progress.left_s / 60:.0f} min left" if progress.done else "kept from before"
        words = (
            f"{space}: {done} of {progress.wanted}, {progress.refused} refused, "
            f"{progress.rate:.1f} a second, {left}"
        )
        print(words, file=sys.stderr, flush=True)

    run(
        space, version, range(first, first + count), partial(samplers.sample, version=version),
        targets, labeller, out, jobs=jobs, max_macs=max_macs, report=report,
    )  # fmt: skip


def info(
    folder: Annotated[Path, typer.Argument(help="Folder of the shards.")],
    real: Annotated[
        Path | None, typer.Option(help="Folder of .tflite files to compare the space wild with.")
    ] = None,
    look: Annotated[int, typer.Option(min=1, help="Graphs to draw again for that.")] = 2000,
    jobs: Annotated[int, typer.Option(min=1, help="Processes that draw.")] = 2,
) -> None:
    """What a folder of shards holds, by space and target; with --real, if it is wide enough."""
    from perfcost.dataset import Store, split_of
    from perfcost.dataset.profile import profile_of

    labels: Counter[tuple[str, str]] = Counter()
    refusals: Counter[tuple[str, str]] = Counter()
    free: Counter[tuple[str, str]] = Counter()
    splits: dict[tuple[str, str], Counter[str]] = {}
    for row in Store(folder).rows():
        place = row.key.space, profile_of(row.target)
        (refusals if row.refusal else labels if row.cycles else free)[place] += 1
        splits.setdefault(place, Counter())[split_of(row.skeleton_hash)] += 1
    made = table(
        "space", "target", "labels", "of 0 cycles", "refused", "train", "validation", "test", left=2
    )
    for place in sorted(splits):
        parts = splits[place]
        add_row(
            made,
            [*place, labels[place], free[place], refusals[place], parts["train"],
             parts["validation"], parts["test"]],
        )  # fmt: skip
    console().print(made)
    if real is not None:
        _show_floors(folder, real, look, jobs)


def _show_floors(folder: Path, real: Path, look: int, jobs: int) -> None:
    from perfcost.dataset import Store
    from perfcost.dataset.floors import LEAST_GRAPHS, LEAST_SHARE, Real, floors, look_at

    files = sorted(path for path in real.rglob("*.tflite") if path.is_file())
    keys = sorted({row.key for row in Store(folder).rows() if row.key.space == "wild"})
    if not files or not keys:
        print(f"error: {len(files)} files in {real}, {len(keys)} wild graphs", file=sys.stderr)
        raise typer.Exit(2)
    step = max(1, len(keys) // look)
    found = floors(look_at(keys[::step], jobs), len(keys), Real.of(files))
    print(
        f"wild: {len(keys)} graphs, {len(keys[::step])} of them drawn again\n"
        f"ops: median {found.median_ops:.0f} (at least 25), "
        f"90th percentile {found.p90_ops:.0f} (at least 100)\n"
        f"MACs: {found.macs[0]:.1e} to {found.macs[1]:.1e} (1e4 to 5e9)\n"
        f"real ops within the drawn range: channels {100 * found.overlap[0]:.1f} %, "
        f"places {100 * found.overlap[1]:.1f} %\n"
        f"options that hold {100 * LEAST_SHARE:.1f} % of real cycles: {found.asked}, "
        f"{len(found.missing)} of them in fewer than {LEAST_GRAPHS} graphs"
    )
    for option, count, share in found.missing:
        print(f"  {' '.join(word for word in option if word)}: {count} graphs, {100 * share:.2f} %")


for _command in (build, info):
    dataset.command()(quiet(_command))
