"""How a network is trained: read from a TOML file, every value checked."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from perfcost.errors import WeightsError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one training.

    Attributes:
        width, depth: of the layers.
        bins: quantile bins of each value that goes in.
        epochs: at most; ``patience`` epochs without a better validation end it earlier.
        batch: graphs a step.
        rate: of AdamW after a short rise; it falls to 0 along a cosine.
        decay: of the weights.
        average: share that the running mean of the weights keeps a step.
        op_weight, whole_weight, spread_weight: of the losses beside that of the graph's cycles.
        train_limit: graphs a space and target to train on; 0 for all.
        seed: of the first weights and the order of graphs.
    """

    width: int = 64
    depth: int = 3
    bins: int = 8
    epochs: int = 12
    patience: int = 6
    batch: int = 64
    rate: float = 1e-3
    decay: float = 1e-4
    average: float = 0.998
    op_weight: float = 0.5
    whole_weight: float = 0.2
    spread_weight: float = 0.05
    train_limit: int = 0
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("width", "depth", "bins", "epochs", "patience", "batch"):
            if getattr(self, name) < 1:
                raise WeightsError(f"{name}: came {getattr(self, name)}, expected 1 or more")
        if not 0 <= self.average < 1 or self.rate <= 0 or self.train_limit < 0:
            raise WeightsError(
                f"came average={self.average}, rate={self.rate}, train_limit={self.train_limit}; "
                "expected 0 <= average < 1, rate above 0, train_limit of 0 or more"
            )

    def as_dict(self) -> dict[str, int | float]:
        return asdict(self)


def read_config(path: Path | None) -> Config:
    """The settings in a TOML file; what it does not name, and no file at all, are the defaults.

    Raises:
        WeightsError: no such file, no TOML, an unknown name, a value of another type.
    """
    if path is None:
        return Config()
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WeightsError(f"{path}: no settings of a training ({error})") from error
    known = {field.name: field.type for field in fields(Config)}
    for name, value in found.items():
        if name not in known:
            raise WeightsError(f"{path}: unknown name {name!r}, expected one of {sorted(known)}")
        wanted = (int,) if known[name] == "int" else (int, float)
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise WeightsError(f"{path}: {name} is {value!r}, expected {known[name]}")
    return Config(**found)
