"""How much better are the probabilities of the final network for their temperature?

One search for each table and seed. The log loss and the calibration error of its network on the
test set are compared with those of the same network without the temperature, whose probabilities
follow from the calibrated ones. Labels are the same. "change" is the natural logarithm of the
ratio of the log losses, below 0 where the temperature helps.
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
from scipy.special import softmax

from benchmarks.common import parser, print_table, quiet, rounded, save
from benchmarks.peers.tables import Table, load_table
from optuna_dnc.evaluation.classification import calibration_error
from optuna_dnc.runs import open_run
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.search import StagedSearch
from optuna_dnc.training.weights_header import temperature_in

TABLES = (
    "digits",
    "HouseVotes84",
    "wine",
    "Vowel",
    "PimaIndiansDiabetes2",
    "segment",
    "phishing",
    "Soybean",
    "breast_cancer",
    "Vehicle",
)


def main() -> None:
    options = parser(__doc__ or "", "search/calibration")
    options.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    options.add_argument("--seconds", type=float, default=30.0, help="time limit of a search")
    options.add_argument("--wc", type=float, default=0.1)
    options.add_argument("--tables", nargs="+", default=list(TABLES))
    given = options.parse_args()
    quiet()
    runs: list[dict[str, Any]] = []
    for table in given.tables:
        data = load_table(table, given.data)
        for seed in given.seeds:
            run = _run(data, seed, given.seconds, given.wc)
            runs.append({"table": table, "seed": seed, **run})
            print(runs[-1], flush=True)
    rows = [_row(table, [run for run in runs if run["table"] == table]) for table in given.tables]
    rows.append(_row("all", runs))
    print_table(rows)
    save(given.json, seconds=given.seconds, wc=given.wc, rows=rows, runs=runs)


def _run(data: Table, seed: int, seconds: float, wc: float) -> dict[str, Any]:
    arrays = data.x_train, data.y_train, data.x_test, data.y_test
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run"
        options: dict[str, Any] = {"network": "mlp", "wc": wc, "seed": seed, "timeout": seconds}
        result = StagedSearch(arrays, **options, floors=False, out=path).run()
        probabilities = result.predict_proba(data.x_test)
        best = open_run(path, to_read=True).ledger.best
        assert best is not None, "there was time for a network"
        temperature = temperature_in(RunFolder(path).checkpoint(best.key))
    assert temperature is not None
    log_probabilities = np.log(np.clip(probabilities, 1e-30, None))
    before = softmax(log_probabilities * temperature, axis=1)
    return {
        "temperature": round(temperature, 3),
        "log loss before": _log_loss(before, data.y_test),
        "log loss": _log_loss(probabilities, data.y_test),
        "calibration error before": calibration_error(data.y_test, before),
        "calibration error": calibration_error(data.y_test, probabilities),
    }


def _log_loss(probabilities: np.ndarray, y: np.ndarray) -> float:
    right = probabilities[np.arange(len(y)), y]
    return float(-np.log(np.clip(right, 1e-15, 1)).mean())


def _row(table: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
    changes = [math.log(run["log loss"] / run["log loss before"]) for run in runs]
    return {
        "table": table,
        **{
            name: rounded(fmean(run[name] for run in runs), 3)
            for name in runs[0]
            if name not in ("table", "seed")
        },
        "change": rounded(fmean(changes), 2),
        "standard error": rounded(stdev(changes) / math.sqrt(len(runs)), 2) if runs[1:] else None,
    }


if __name__ == "__main__":
    main()
