"""An architecture of one data set, its training searched on another, against a native one."""

from __future__ import annotations

from typing import Any

from benchmarks.paper.parts.settings import DATASETS, Settings
from benchmarks.paper.parts.tradeoffs import searched
from optuna_dnc.transfer import compare_with_native, transfer

PENALTY = "n_params"
WC = 0.1
CLOSE = 0.05
"""Losses are log10: 0.05 is 12 % of error plus cost."""


def run(settings: Settings) -> dict[str, Any]:
    """Compare both ways at one ``wc``."""
    native = {name: searched(settings, name, PENALTY).results[WC] for name in DATASETS}
    rows, agrees = [], {}
    for source, target in (DATASETS, DATASETS[::-1]):
        moved = transfer(
            native[source],
            settings.dataset(target),
            out=settings.runs / f"{target}-from-{source}",
            device="cpu",
        )
        compared = compare_with_native(moved, native[target])
        for kind, standing in (("native", compared.native), (source, compared.transferred)):
            rows.append(
                {
                    "data": target,
                    "architecture": kind,
                    "loss": standing.loss,
                    "val": standing.val_accuracy,
                    "test": standing.test_accuracy,
                    "params": standing.n_params,
                    "trained": standing.n_trained,
                    "seconds": standing.search_seconds,
                }
            )
        agrees[f"{source} to {target}"] = bool(
            compared.transferred.loss <= compared.native.loss + CLOSE
        )
    return {"rows": rows, "agrees": agrees}
