"""A small trade-off, the same wherever it is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from optuna_dnc.tradeoff import Tradeoff, TradeoffSearch

WC = (0.0, 0.1, 10.0)


def three_classes() -> tuple[np.ndarray, ...]:
    """Three classes of 5 features that a small network can tell apart: 150 samples and 60."""
    rng = np.random.default_rng(0)

    def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
        y = rng.integers(0, 3, n)
        return rng.normal(size=(n, 5)).astype(np.float32) + y[:, None], y

    return (*draw(150), *draw(60))


def small(out: Path | None, **changes: Any) -> TradeoffSearch:
    """Searches at each of :data:`WC`, with three trials in the Bayesian stages of one of them."""
    settings: dict[str, Any] = {
        "wc": WC,
        "network": "mlp",
        "epochs": 2,
        "n_startup_trials": 2,
        "n_steps": 1,
        "space": {
            "width": (4, 64),
            "activation": ("relu", "tanh"),
            "dropout": 0.2,
            "encoding": "none",
        },
        "device": "cpu",
    }
    return TradeoffSearch(three_classes(), out=out, **settings | changes)


def train_small(out: Path, **changes: Any) -> Tradeoff:
    """Run them to their end."""
    return small(out, **changes).run()


def folders(found: Tradeoff) -> list[Path]:
    """The folders of its searches."""
    return [result.path for result in found.results.values()]
