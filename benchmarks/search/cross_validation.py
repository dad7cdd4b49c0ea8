"""What does the cross-validation of leading networks bring at the end of a search?

One search a table and seed. Its answer, trained on all samples for the mean of the best epochs
over the folds, is compared with what it would be without: the network with the lowest loss,
trained for its best epoch. Both are trained from several seeds, of which the mean counts:
``log10(test error + wc * complexity)``, "change" below 0 where the cross-validation is better.
"validation", "folds" and "test" are errors of the answer: on the validation samples by which it
was found, on average over the folds, and on the test set.

Tables named like ``letter-1000`` are samples of large data sets, whose test sets tell small
differences.
"""

from __future__ import annotations

import math
import tempfile
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from torch import nn

from benchmarks.common import parser, print_table, quiet, rounded, save
from benchmarks.recipe.tables import TARGETS, load
from optuna_dnc.data import Dataset, load_dataset
from optuna_dnc.objectives import penalized_loss
from optuna_dnc.runs.records import Record, training_seed
from optuna_dnc.search import StagedSearch
from optuna_dnc.search.at_the_end import refit_epochs
from optuna_dnc.search.context import SearchContext
from optuna_dnc.training import TrainingConfig, evaluate
from optuna_dnc.training.all_samples import train_on_all

SAMPLES = ("letter-1000", "adult-500", "adult-1000", "shuttle-1000")


def main() -> None:
    options = parser(__doc__ or "", "search/cross_validation")
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options.add_argument("--steps", type=int, default=50)
    options.add_argument("--wc", type=float, default=0.1)
    options.add_argument("--folds", type=int, default=0, help="of each trial; 0: the default")
    options.add_argument("--trainings", type=int, default=3)
    options.add_argument("--tables", nargs="+", default=[*TARGETS, "digits", *SAMPLES])
    given = options.parse_args()
    quiet()
    runs: list[dict[str, Any]] = []
    for seed in given.seeds:
        for table in given.tables:
            dataset = dataset_of(table, given.data, seed)
            run = _run(dataset, seed, given.steps, given.wc, given.trainings, given.folds or None)
            runs.append({"table": table, "seed": seed, **run})
            print(runs[-1], flush=True)
        _save(given, runs)


def _save(given: Namespace, runs: Sequence[dict[str, Any]]) -> None:
    tables = dict.fromkeys(run["table"] for run in runs)
    rows = [_row(table, [r for r in runs if r["table"] == table]) for table in tables]
    rows.append(_row("all", runs))
    print_table(rows)
    save(given.json, steps=given.steps, wc=given.wc, folds=given.folds, rows=rows, runs=runs)


def dataset_of(table: str, folder: Path, seed: int) -> Dataset:
    """Load a table; of large data sets such as ``letter-1000``, so many training samples."""
    if table == "digits":
        return load_dataset("digits")
    name, _, n_train = table.partition("-")
    if n_train:
        return load_dataset(folder / f"{name}.npz", max_train=int(n_train), seed=seed)
    return load(table, folder, seed)


def _run(
    dataset: Dataset, seed: int, n_steps: int, wc: float, n_trainings: int, n_folds: int | None
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        search = StagedSearch(
            dataset,
            network="mlp",
            wc=wc,
            seed=seed,
            n_steps=n_steps,
            n_folds=n_folds,
            out=Path(folder) / "run",
        )
        with search.begun() as run:
            summary = run.complete().summary
            context = run.context
            known, best = context.ledger.cross_validation, context.ledger.best
            assert best is not None, "there was time for a network"
            first = context.ledger.ranked[0]
            epochs = refit_epochs(best, known.of(best.key)), refit_epochs(first)
            after = _test_errors(context, best, epochs[0], n_trainings)
            before = after
            if best is not first or epochs[0] != epochs[1]:
                before = _test_errors(context, first, epochs[1], n_trainings)
    decided = summary["cross_validation"]
    objective = _objective(context, best, after)
    return {
        "n_trials": sum(stage["n_trials"] for stage in summary["stages"]),
        "n_compared": len(decided["networks"]) if decided else 0,
        "seconds": decided["seconds"] if decided else 0.0,
        "is_changed": bool(decided and decided["is_changed"]),
        "epochs": epochs,
        "objective": rounded(objective),
        "change": rounded(objective - _objective(context, first, before)),
        "validation": best.measured.error,
        "folds": known.mean_error(best) if decided else None,
        "test": fmean(after),
    }


def _test_errors(
    context: SearchContext, record: Record, epochs: int, n_trainings: int
) -> list[float]:
    data = context.data
    networks = (
        trained_on_all(context, record, number, epochs=epochs) for number in range(n_trainings)
    )
    return [evaluate(network, data.test, data.task, data.device).error for network in networks]


def trained_on_all(
    context: SearchContext, record: Record, number: int, *, epochs: int, n_members: int = 1
) -> nn.Module:
    """Train the network of a record, or an ensemble of such, on all samples but the test set.

    ``number`` tells trainings apart by their seeds; that with 0 is the one of the search.
    """
    family = context.family
    network, _ = train_on_all(
        family,
        family.with_members(family.config_from_dict(record.config), n_members),
        context.data,
        TrainingConfig(**record.training),
        seed=training_seed(context.settings.seed, record.key) + number,
        stop_at=epochs,
    )
    return network


def _objective(context: SearchContext, record: Record, errors: Sequence[float]) -> float:
    data, complexity = context.data, context.objective.normalizer.complexity(record.measured)
    n_test = data.n_test if data.task == "classification" else None
    wc = context.settings.wc
    return fmean(penalized_loss(error, complexity, wc, n_val=n_test) for error in errors)


def _row(table: str, runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    changes = [run["change"] for run in runs]
    compared = [run for run in runs if run["folds"] is not None]
    return {
        "table": table,
        "trials": round(fmean(run["n_trials"] for run in runs)),
        "compared": rounded(fmean(run["n_compared"] for run in runs), 2),
        "seconds": rounded(fmean(run["seconds"] for run in runs), 2),
        "changed": sum(run["is_changed"] for run in runs),
        "change": rounded(fmean(changes), 3),
        "standard error": rounded(stdev(changes) / math.sqrt(len(runs)), 2) if runs[1:] else None,
        **{
            name: rounded(fmean(run[name] for run in compared), 3) if compared else None
            for name in ("validation", "folds", "test")
        },
    }


if __name__ == "__main__":
    main()
