"""Gradient-boosted trees on arrays, kept as XGBoost's JSON in gzip.

XGBoost trusts the indices in its files: a child out of range makes it read foreign memory. So
every file is checked before XGBoost reads it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import BaselineError
from baselines.files import read_bytes, read_json, write_packed

Array = NDArray[np.float64]


def _xgboost() -> Any:
    try:
        import xgboost
    except ImportError as error:
        raise BaselineError(
            f"this baseline needs xgboost ({error}); install: pip install 'perfcost[benchmarks]'"
        ) from error
    return xgboost


class Trees:
    """A regressor: squared error, histogram method.

    Args:
        rounds: trees.
        depth: of each.
        rate: of learning.
        seed: of the rows and columns that each tree sees.
        threads: that fit; one never waits for another on a busy machine.
    """

    def __init__(
        self, rounds: int = 400, depth: int = 7, rate: float = 0.06, seed: int = 1, threads: int = 1
    ) -> None:
        self._rounds, self._depth, self._rate = rounds, depth, rate
        self._seed, self._threads = seed, threads
        self._booster: Any = None

    def fit(self, rows: NDArray[Any], values: Array, weights: Array | None = None) -> None:
        xgboost = _xgboost()
        data = xgboost.DMatrix(rows, label=values, weight=weights)
        settings = {
            "objective": "reg:squarederror", "tree_method": "hist", "max_depth": self._depth,
            "eta": self._rate, "subsample": 0.8, "colsample_bytree": 0.5, "min_child_weight": 1e-6,
            "seed": self._seed, "nthread": self._threads,
        }  # fmt: skip
        self._booster = xgboost.train(settings, data, self._rounds)

    def predict(self, rows: NDArray[Any]) -> Array:
        if self._booster is None:
            raise BaselineError("asked before it was fitted or loaded; call fit or load first")
        return np.asarray(self._booster.inplace_predict(rows), np.float64)

    def save(self, path: Path) -> None:
        if self._booster is None:
            raise BaselineError("nothing to save: not fitted yet")
        write_packed(without_statistics(bytes(self._booster.save_raw("json"))), path)

    def load(self, path: Path) -> None:
        """Raises BaselineError: no such file, no JSON of XGBoost, an index out of range."""
        _check(path)
        xgboost = _xgboost()
        booster = xgboost.Booster({"nthread": self._threads})
        try:
            booster.load_model(bytearray(read_bytes(path)))
        except (xgboost.core.XGBoostError, ValueError) as error:
            line = str(error).strip().splitlines()[0]
            raise BaselineError(
                f"{path}: XGBoost refuses it ({line}); fit and save it again"
            ) from error
        self._booster = booster


def without_statistics(document: bytes) -> bytes:
    """XGBoost's JSON without what only training needs to know of each node: half of the file."""
    found = json.loads(document)
    for tree in found["learner"]["gradient_booster"]["model"]["trees"]:
        for name in ("base_weights", "loss_changes", "sum_hessian"):
            tree[name] = [0.0] * len(tree[name])
    return json.dumps(found, separators=(",", ":")).encode()


def _check(path: Path) -> None:
    document = read_json(path)
    try:
        learner = document["learner"]
        features = int(learner["learner_model_param"]["num_feature"])
        trees = learner["gradient_booster"]["model"]["trees"]
        for number, tree in enumerate(trees):
            _check_tree(path, number, tree, features)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BaselineError(
            f"{path}: no model of XGBoost ({type(error).__name__}: {error}); fit and save it again"
        ) from error


def _check_tree(path: Path, number: int, tree: dict[str, Any], features: int) -> None:
    count = int(tree["tree_param"]["num_nodes"])
    for name in ("left_children", "right_children", "split_indices", "split_conditions"):
        values = np.asarray(tree[name], np.float64)
        if values.shape != (count,):
            raise BaselineError(
                f"{path}: tree {number} has {values.size} {name}, expected {count}; fit and save "
                "it again"
            )
    left, right = (np.asarray(tree[f"{side}_children"], np.int64) for side in ("left", "right"))
    inner = left >= 0
    for name, children in (("left", left), ("right", right)):
        # children stand after their parent, so that no walk goes in circles
        places = np.arange(count)
        wrong = inner & ((children >= count) | (children <= places))
        if wrong.any() or (children[~inner] != -1).any():
            node = int(np.flatnonzero(wrong | (~inner & (children != -1)))[0])
            raise BaselineError(
                f"{path}: tree {number}, node {node}: {name} child {int(children[node])} is out "
                f"of range, expected one of the {count} nodes after it; fit and save it again"
            )
    split = np.asarray(tree["split_indices"], np.int64)
    if ((split < 0) | (split >= max(1, features))).any():
        raise BaselineError(
            f"{path}: tree {number} splits feature {int(split.max())} of {features}; fit and save "
            "it again"
        )
