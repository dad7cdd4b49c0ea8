"""How many trainings does sharing save, and is what it finds as good?

``tradeoff`` at five values of ``wc`` against five separate searches with the same settings and
seeds, on ``digits`` (30 epochs, 8 + 8 trials) and 4,000 samples of ``letter`` (5 epochs, 10 + 10
trials), MLPs, parameters penalised.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import optuna

from benchmarks.common import parser, print_table, save
from optuna_dnc.search import SearchResult, StagedSearch
from optuna_dnc.tradeoff import tradeoff

WC = (0.0, 0.01, 0.1, 1.0, 10.0)
SMALL: dict[str, dict[str, Any]] = {
    "digits": {"epochs": 30, "n_startup_trials": 8, "n_steps": 8},
    "letter": {"epochs": 5, "n_startup_trials": 10, "n_steps": 10, "max_train": 4000},
}


def compared(name: str, data: str | Path, seed: int, runs: Path) -> dict[str, Any]:
    """Trainings of both, and for each ``wc`` the loss with sharing minus that without."""
    settings = {"network": "mlp", "device": "cpu", "seed": seed, **SMALL[name]}
    shared = tradeoff(data, wc=WC, out=runs / f"{name}-{seed}-shared", **settings)
    apart = {
        wc: StagedSearch(data, wc=wc, out=runs / f"{name}-{seed}-{wc}", **settings).run()
        for wc in WC
    }
    n_apart = sum(map(_n_trained, apart.values()))
    n_shared = shared.summary["n_trained"]
    differences = {
        f"wc {wc:g}": shared.results[wc].best.loss - result.best.loss
        for wc, result in apart.items()
    }
    return {
        "data": name,
        "seed": seed,
        "apart": n_apart,
        "shared": n_shared,
        "saved": 1 - n_shared / n_apart,
        **differences,
    }


def _n_trained(result: SearchResult) -> int:
    return sum(stage["n_trained"] for stage in result.summary["stages"])


def main() -> None:
    options = parser(__doc__, "search/tradeoff_sharing")
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--runs", type=Path, default=Path(tempfile.gettempdir()) / "dnc-sharing")
    arguments = options.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sources = {"digits": "digits", "letter": arguments.data / "letter.npz"}
    rows = [
        compared(name, source, seed, arguments.runs)
        for seed in range(arguments.seeds)
        for name, source in sources.items()
    ]
    print_table(rows)
    save(arguments.json, rows=rows)


if __name__ == "__main__":
    main()
