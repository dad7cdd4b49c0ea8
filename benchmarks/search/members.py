"""What does an ensemble bring as the answer of a search, and what does it cost?

One search a table and seed. Its best architecture is trained on all samples as at the end of the
search, several times alone and several times as an ensemble: test error, cross-entropy (mean
squared error of standardized targets in regression), and wall time of the training. "change" is
that of ``log10(test error)``, below 0 where the ensemble is better; parameters count
``--members`` times as much.
"""

from __future__ import annotations

import math
import tempfile
import time
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from benchmarks.common import parser, print_table, quiet, rounded, save
from benchmarks.search.cross_validation import dataset_of, trained_on_all
from optuna_dnc.data import Dataset
from optuna_dnc.runs.records import Record
from optuna_dnc.search import StagedSearch
from optuna_dnc.search.at_the_end import refit_epochs
from optuna_dnc.search.context import SearchContext
from optuna_dnc.training import Evaluation, evaluate

TABLES = (
    "Vehicle",
    "Vowel",
    "Soybean",
    "PimaIndiansDiabetes2",
    "BostonHousing2",
    "digits",
    "letter-2000",
    "adult-2000",
    "shuttle-1000",
)


def main() -> None:
    options = parser(__doc__ or "", "search/members")
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options.add_argument("--seconds", type=float, default=60.0, help="time limit of a search")
    options.add_argument("--wc", type=float, default=0.0)
    options.add_argument("--members", type=int, default=5)
    options.add_argument("--trainings", type=int, default=3)
    options.add_argument("--tables", nargs="+", default=list(TABLES))
    given = options.parse_args()
    quiet()
    runs: list[dict[str, Any]] = []
    for seed in given.seeds:
        for table in given.tables:
            dataset = dataset_of(table, given.data, seed)
            run = _run(dataset, seed, given.seconds, given.wc, given.members, given.trainings)
            runs.append({"table": table, "seed": seed, **run})
            print(runs[-1], flush=True)
        tables = dict.fromkeys(run["table"] for run in runs)
        rows = [_row(table, [run for run in runs if run["table"] == table]) for table in tables]
        rows.append(_row("all", runs))
        print_table(rows)
        about = {name: getattr(given, name) for name in ("seconds", "wc", "members")}
        save(given.json, **about, rows=rows, runs=runs)


def _run(
    dataset: Dataset, seed: int, seconds: float, wc: float, n_members: int, n_trainings: int
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        search = StagedSearch(
            dataset,
            network="mlp",
            wc=wc,
            seed=seed,
            timeout=seconds,
            refit=False,
            floors=False,
            out=Path(folder) / "run",
        )
        with search.begun() as run:
            run.complete()
            best = run.context.ledger.best
            assert best is not None, "there was time for a network"
            # Alternating, so that a busy machine disturbs both alike.
            pairs = [
                [_trained(run.context, best, members, number) for members in (1, n_members)]
                for number in range(n_trainings)
            ]
            n_trials = len(run.context.ledger.records)
    alone, ensemble = ([pair[i] for pair in pairs] for i in range(2))
    return {
        "n_trials": n_trials,
        "n_params": best.measured.costs["n_params"],
        "alone": _means(alone),
        "ensemble": _means(ensemble),
    }


def _trained(
    context: SearchContext, record: Record, n_members: int, number: int
) -> tuple[Evaluation, float]:
    data, epochs = context.data, refit_epochs(record)
    start = time.process_time()
    network = trained_on_all(context, record, number, epochs=epochs, n_members=n_members)
    seconds = time.process_time() - start
    return evaluate(network, data.test, data.task, data.device), seconds


def _means(trainings: list[tuple[Evaluation, float]]) -> dict[str, float]:
    return {
        "error": fmean(measured.error for measured, _ in trainings),
        "loss": fmean(measured.loss for measured, _ in trainings),
        "seconds": fmean(seconds for _, seconds in trainings),
    }


def _row(table: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
    changes = [
        math.log10(max(run["ensemble"]["error"], 1e-4) / max(run["alone"]["error"], 1e-4))
        for run in runs
    ]
    return {
        "table": table,
        **{
            f"{name}, {which}": rounded(fmean(run[which][name] for run in runs), 3)
            for name in ("error", "loss")
            for which in ("alone", "ensemble")
        },
        "change": rounded(fmean(changes), 3),
        "standard error": rounded(stdev(changes) / math.sqrt(len(runs)), 2) if runs[1:] else None,
        "seconds": rounded(
            fmean(run["ensemble"]["seconds"] / run["alone"]["seconds"] for run in runs), 2
        ),
    }


if __name__ == "__main__":
    main()
