"""Cheaper networks as ``wc`` grows."""

from __future__ import annotations

from typing import Any

from scipy.stats import spearmanr

from benchmarks.paper.parts.settings import DATASETS, WCS, Settings
from optuna_dnc.tradeoff import Tradeoff, tradeoff


def searched(settings: Settings, name: str, penalty: str) -> Tradeoff:
    """Search, or read, the five searches of a data set under one penalty."""
    return tradeoff(
        settings.dataset(name),
        wc=WCS,
        penalize=penalty,
        out=settings.runs / f"{name}-{penalty}",
        **settings.search(),
    )


def run(settings: Settings) -> dict[str, Any]:
    """Return the best network at each ``wc``, and whether cost and accuracy fall as it grows."""
    found = {(n, p): searched(settings, n, p) for n in DATASETS for p in settings.penalties}
    rows = [
        {
            "data": name,
            "penalty": penalty,
            "wc": point["wc"],
            "val": point["val_accuracy"],
            "test": point["test_accuracy"],
            "params": point["n_params"],
            "ms/epoch": 1e3 * point["t_epoch"],
            "trained": point["n_trained"],
            "seconds": point["search_seconds"],
            "network": point["description"],
        }
        for (name, penalty), one in found.items()
        for point in one.summary["points"]
    ]
    return {
        "rows": rows,
        "agrees": {
            f"{name}, {penalty}": _both_fall(one, penalty)
            for (name, penalty), one in found.items()
        },
    }


def _both_fall(one: Tradeoff, penalty: str) -> bool:
    points = one.summary["points"]
    wcs = [point["wc"] for point in points]
    return all(
        spearmanr(wcs, [point[what] for point in points]).statistic < 0
        for what in (penalty, "val_accuracy")
    )
