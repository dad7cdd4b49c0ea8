"""What is each ingredient of the default recipe worth to a search with a time limit?

The same search, with one ingredient changed at a time, on tables that are split anew for each
seed. Searches are limited by wall-clock time and run one after the other in an order that rotates,
so that other work on the machine disturbs all of them. The objective is ``log10(test error + wc *
n_params / baseline)`` with one baseline, an MLP of 400-400; "against default" is the mean of the
differences on the same table and seed with its standard error, below 0 where the change is better.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, stdev
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.common import parser, print_table, quiet, rounded, save
from benchmarks.recipe.tables import TARGETS, load
from optuna_dnc.data import Dataset
from optuna_dnc.nets import MLPConfig, mlp
from optuna_dnc.runs import settings as settings_module
from optuna_dnc.runs.recipe import RECIPE
from optuna_dnc.search import StagedSearch


@dataclass(frozen=True)
class Variant:
    """Changes to the default search."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    """Changes to :data:`optuna_dnc.runs.recipe.RECIPE`."""
    refit: bool = True


VARIANTS = {
    "default": Variant(),
    "published": Variant({"preset": "deep-n-cheap"}, refit=False),
    "published, refit": Variant({"preset": "deep-n-cheap"}),
    "no refit": Variant(refit=False),
    "rate 0.001": Variant({"lr": 1e-3}),
    "batch 256": Variant({"batch_size": 256}),
    "no averaging": Variant(recipe={"averaging": 0.0}),
    "cosine to the end": Variant(
        {"patience": None, "epochs": 30},
        recipe={"averaging": 0.0, "schedule": "cosine", "keep": "last"},
    ),
    "patience 20": Variant({"patience": 20, "epochs": 120}),
    "label smoothing 0.1": Variant(recipe={"label_smoothing": 0.1}),
    "dropout 0.2 in stage 1": Variant({"space": {"core_dropout": 0.2}}),
    "widths from 20, linear": Variant({"space": {"width": (20, 400), "log_width": False}}),
    "no encodings": Variant({"space": {"encoding": ("none",)}}),
    "standard scaling": Variant({"scaling": "standard"}),
    "one validation set": Variant({"n_folds": 1}),
    "three folds": Variant({"n_folds": 3}),
}


def main() -> None:
    options = parser(__doc__ or "", "recipe/ingredients")
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--seconds", type=float, default=20.0)
    options.add_argument("--wc", type=float, default=0.1)
    options.add_argument("--tables", nargs="+", default=[*TARGETS, "letter", "adult"])
    options.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    given = options.parse_args()
    quiet()
    found: dict[tuple[str, str, int], dict[str, float]] = {}
    for seed in range(given.seeds):
        for table in given.tables:
            dataset = load(table, given.data, seed)
            turn = (seed + given.tables.index(table)) % len(given.variants)
            for name in given.variants[turn:] + given.variants[:turn]:
                if dataset.task == "regression" and "label_smoothing" in VARIANTS[name].recipe:
                    continue
                found[name, table, seed] = _run(
                    VARIANTS[name], dataset, seed, given.seconds, given.wc
                )
                print(name, table, seed, found[name, table, seed], flush=True)
    rows = [_row(name, found) for name in given.variants]
    print_table(rows)
    save(given.json, seconds=given.seconds, wc=given.wc, rows=rows, runs=_as_json(found))


def _run(
    variant: Variant, dataset: Dataset, seed: int, seconds: float, wc: float
) -> dict[str, float]:
    """Search, and return objective, error and size on the test set."""
    recipe = {**RECIPE, **variant.recipe}
    settings = {**variant.settings, "wc": wc, "seed": seed}
    if dataset.task == "regression":
        recipe.pop("label_smoothing", None)
    with tempfile.TemporaryDirectory() as folder, patch.object(settings_module, "RECIPE", recipe):
        result = StagedSearch(
            dataset,
            network="mlp",
            out=Path(folder) / "run",
            timeout=seconds,
            refit=variant.refit,
            **settings,
        ).run()
        best = result.best
        n_trials = sum(stage["n_trials"] for stage in result.summary["stages"])
    largest = mlp.n_params(MLPConfig((400, 400)), dataset.input_shape, dataset.n_outputs)
    error = max(best.test_error or 0.0, 0.5 / dataset.n_test)
    return {
        "objective": rounded(math.log10(error + wc * best.n_params / largest)),
        "error": rounded(error),
        "n_params": best.n_params,
        "n_trials": n_trials,
    }


def _row(name: str, found: Mapping[tuple[str, str, int], Mapping[str, float]]) -> dict[str, Any]:
    keys = [key for key in found if key[0] == name]
    change = [
        found[key]["objective"] - found[("default", *key[1:])]["objective"]
        for key in keys
        if ("default", *key[1:]) in found
    ]
    error = stdev(change) / math.sqrt(len(change)) if len(change) > 1 else math.nan
    return {
        "variant": name,
        "objective": rounded(mean(found[key]["objective"] for key in keys), 4),
        "against default": rounded(mean(change), 3) if change else math.nan,
        "standard error": rounded(error, 2),
        "error": rounded(mean(found[key]["error"] for key in keys), 3),
        "parameters": int(np.median([found[key]["n_params"] for key in keys])),
        "trials": round(mean(found[key]["n_trials"] for key in keys)),
    }


def _as_json(
    found: Mapping[tuple[str, str, int], Mapping[str, float]],
) -> list[dict[str, Any]]:
    return [
        {"variant": name, "table": table, "seed": seed, **run}
        for (name, table, seed), run in found.items()
    ]


if __name__ == "__main__":
    main()
