"""Do ensembles of the leaders pay?"""

from __future__ import annotations

from typing import Any

from benchmarks.paper.parts.settings import DATASETS, Settings
from benchmarks.paper.parts.tradeoffs import searched

SIZES = (2, 3, 5, 10)
WC = 0.1
MUCH = 0.01
"""A gain in test accuracy that would contradict the published finding."""


def run(settings: Settings) -> dict[str, Any]:
    """Compare ensembles of two to ten networks with the best of them."""
    rows = []
    for name in DATASETS:
        result = searched(settings, name, "n_params").results[WC]
        for top in SIZES:
            for greedy in (False, True):
                ensemble = result.ensemble(
                    top=top,
                    greedy=greedy,
                    data=settings.dataset(name),
                    out=settings.runs / f"{name}-ensemble-{top}{'-greedy' * greedy}",
                    device="cpu",
                )
                best, together = ensemble.best, ensemble.performance
                rows.append(
                    {
                        "data": name,
                        "top": top,
                        "chosen": "greedy" if greedy else "all",
                        "test, best": best.test_accuracy,
                        "test": together.test_accuracy,
                        "gain": together.test_accuracy - best.test_accuracy,
                        "params": together.n_params / best.n_params,
                        "time to predict": together.seconds_per_sample / best.seconds_per_sample,
                    }
                )
    return {
        "rows": rows,
        "agrees": {
            name: all(row["gain"] < MUCH for row in rows if row["data"] == name)
            for name in DATASETS
        },
    }
