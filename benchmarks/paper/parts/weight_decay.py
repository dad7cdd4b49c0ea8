"""Do larger networks want more weight decay?"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import spearmanr

from benchmarks.paper.parts.settings import DATASETS, Settings
from optuna_dnc.data import PreparedData, load_dataset, prepare
from optuna_dnc.nets import MLPConfig, MLPFamily
from optuna_dnc.training import TrainingConfig, train_network

WIDTHS = (10, 30, 90, 270, 800)
DECAYS = (0.0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
N_SAMPLES = 5_000
EPOCHS = 30
CLEAR = 0.5
"""Rank correlation of size and best weight decay from which they rise together."""
FAMILY = MLPFamily()


def run(settings: Settings) -> dict[str, Any]:
    """Return the weight decay with the lowest validation error for each size of network."""
    rows = []
    for name in DATASETS:
        dataset = load_dataset(settings.dataset(name), max_train=N_SAMPLES, seed=0)
        data = prepare(dataset, seed=0, device="cpu")
        for width in WIDTHS:
            config = MLPConfig((width,))
            errors = {decay: _error(data, config, decay, settings.seeds) for decay in DECAYS}
            best = min(errors, key=lambda decay: errors[decay])
            rows.append(
                {
                    "data": name,
                    "params": FAMILY.n_params(config, data.input_shape, data.n_outputs),
                    "best decay": best,
                    "error": errors[best],
                    "error at 0": errors[0.0],
                    "error at 1e-3": errors[1e-3],
                }
            )
    correlation = {
        name: float(
            spearmanr(
                [row["params"] for row in rows if row["data"] == name],
                [row["best decay"] for row in rows if row["data"] == name],
            ).statistic
        )
        for name in DATASETS
    }
    return {
        "rows": rows,
        "rank correlation": correlation,
        "agrees": {name: bool(value >= CLEAR) for name, value in correlation.items()},
    }


def _error(data: PreparedData, config: MLPConfig, decay: float, seeds: int) -> float:
    training = TrainingConfig(epochs=EPOCHS, weight_decay=decay)
    return float(
        np.mean(
            [
                train_network(FAMILY, config, data, training, seed=seed).error
                for seed in range(seeds)
            ]
        )
    )
