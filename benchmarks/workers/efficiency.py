"""How much faster is a search with several workers?

Trainings sleep, so that the number of cores does not matter. The speed-up is the seconds of all
trainings that were asked for over those on the clock, from the moment when all workers have opened
the search to the end of its last stage. ``ideal`` is that of a simulation in which nothing but
the trainings takes time and nobody looks ahead: what the ends of stages and grids cost.

Rows of earlier runs with other arguments are kept.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import parser, print_table, quiet, rounded, save
from benchmarks.workers.sleeping import Account, needed_seconds, run_workers, sleeping

PLANS: dict[str, dict[str, Any]] = {
    "staged": {"n_startup_trials": 15, "n_steps": 15},
    "joint": {"strategy": "joint", "pruner": "none", "n_startup_trials": 15, "n_steps": 185},
}

KEY = ("plan", "workers", "look-ahead", "training s")


def measured(
    plan: str, n_workers: int, look_ahead: bool, mean: float, cv: float
) -> dict[str, Any]:
    """Run one search and return its row."""
    folder, account = Path(tempfile.mkdtemp(prefix="efficiency")), Account()
    try:
        with sleeping(mean, cv, account):
            wall = run_workers(
                folder / "run", n_workers, account, look_ahead=look_ahead, **PLANS[plan]
            )
        needed, ideal = needed_seconds(folder / "run", n_workers, mean, cv)
    finally:
        shutil.rmtree(folder)
    held = np.array(account.held)
    row: dict[str, Any] = {
        "plan": plan,
        "workers": n_workers,
        "look-ahead": look_ahead,
        "training s": mean,
        "speedup": rounded(needed / wall, 4),
        "wall s": rounded(wall, 4),
        "needed s": rounded(needed, 4),
        "ideal": rounded(needed / ideal, 4),
        "lock held, ms": rounded(1e3 * float(held[:, 0].mean()), 3),
        "of the processor": rounded(1e3 * float(held[:, 1].mean()), 3),
        "times": len(held),
    }
    return row | {name: rounded(seconds, 3) for name, seconds in account.seconds.items()}


def main() -> None:
    options = parser(__doc__ or "", "workers/efficiency")
    options.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4, 8])
    options.add_argument("--plans", nargs="+", default=list(PLANS), choices=PLANS)
    options.add_argument("--seconds", type=float, default=4.0, help="of a training, on average")
    options.add_argument("--cv", type=float, default=0.3, help="spread of the seconds over mean")
    options.add_argument("--look-ahead", choices=["both", "with", "without"], default="both")
    given = options.parse_args()
    quiet()
    choices = {"both": [False, True], "with": [True], "without": [False]}[given.look_ahead]
    rows: list[dict[str, Any]] = []
    if given.json.exists():
        rows = json.loads(given.json.read_text())["rows"]
    for plan in given.plans:
        for n_workers in given.workers:
            for look_ahead in choices if n_workers > 1 else [False]:
                row = measured(plan, n_workers, look_ahead, given.seconds, given.cv)
                rows = [other for other in rows if not same(other, row)] + [row]
                rows.sort(key=lambda row: [row[name] for name in KEY])
                print_table([row])
                save(given.json, cv=given.cv, plans=PLANS, rows=rows)


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Return whether two rows are of the same search."""
    return all(one[name] == other[name] for name in KEY)


if __name__ == "__main__":
    main()
