"""Do low rungs rank networks as full trainings do?

Rank correlation of the validation error at each rung with that at the end, over the learning
curves that ``benchmarks.multifidelity.regret`` has kept.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import spearmanr

from benchmarks.common import parser, print_table, save
from benchmarks.multifidelity.suites.curves import Curves
from benchmarks.multifidelity.suites.networks import SOURCES
from optuna_dnc.pruners.brackets import n_halvings, rung_budgets

BETTER = 3
"""The better part is one in so many."""


def rows(suite: str, epochs: int, reduction_factor: int = 3) -> list[dict[str, Any]]:
    """Return the rank correlation of each rung with the end, of all and of the better third.

    Of the networks that any method trained to the end and whose curves are kept.
    """
    kept = Curves(suite, load=None, configure=None, epochs=epochs).all_curves()
    curves = np.array([curve for curve in kept if len(curve) == epochs])
    if len(curves) < BETTER * BETTER:
        return []
    better = curves[np.argsort(curves[:, -1], kind="stable")[: len(curves) // BETTER]]
    rungs = rung_budgets(n_halvings(1, epochs, reduction_factor), epochs, reduction_factor)
    return [
        {
            "suite": suite,
            "networks": len(curves),
            "epochs": rung,
            "all": float(spearmanr(curves[:, rung - 1], curves[:, -1]).statistic),
            "better third": float(spearmanr(better[:, rung - 1], better[:, -1]).statistic),
        }
        for rung in rungs[:-1]
    ]


def main() -> None:
    options = parser(__doc__ or "", "multifidelity/rung_agreement")
    options.add_argument("--suites", nargs="+", choices=list(SOURCES), default=list(SOURCES))
    given = options.parse_args()
    found = [row for name in given.suites for row in rows(name, SOURCES[name].epochs)]
    if not found:
        raise SystemExit("no curves are kept; run benchmarks.multifidelity.regret first")
    print_table(found)
    save(given.json, rows=found)


if __name__ == "__main__":
    main()
