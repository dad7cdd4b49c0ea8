"""What is learning the logarithms of skewed targets worth, by which metric?

An MLP with a hidden layer of 64 nodes, trained equally on targets and on their logarithms, whose
best epoch each metric chooses. Errors are those of a search on test samples: MSE over the variance
(r2), MAE over that of the median (mae), MAPE (mape). ``auto`` is what a search chooses.
"""

from __future__ import annotations

from statistics import mean, stdev
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import skew

from benchmarks.common import parser, print_table, quiet, rounded, save
from benchmarks.recipe.tables import load
from optuna_dnc.data import Dataset, prepare
from optuna_dnc.data.target_scaling import TargetTransform
from optuna_dnc.nets import MLPConfig, MLPFamily
from optuna_dnc.runs import SearchSettings
from optuna_dnc.search.setup import settled_by_data
from optuna_dnc.training import Scorer, TrainingConfig, evaluate, new_network, train_network

TABLES = ("Ozone", "BostonHousing2")

MADE = ("multiplicative", "four decades", "gamma", "exponential noise", "skewed features")

METRICS = ("r2", "mae", "mape")

TRANSFORMS: tuple[TargetTransform, ...] = ("none", "log")

N = 1_500


def made(kind: str, seed: int) -> Dataset:
    """Draw a table whose targets are positive and skewed."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, 6))
    signal = x @ np.array([0.6, -0.5, 0.4, 0.3, 0, 0]) + 0.3 * x[:, 0] * x[:, 1]
    noise = rng.normal(size=N)
    if kind == "multiplicative":
        y = np.exp(signal + 0.3 * noise)
    elif kind == "four decades":
        y = np.exp(2 * signal + 0.3 * noise)
    elif kind == "gamma":
        y = rng.gamma(2, np.exp(0.5 * signal))
    elif kind == "exponential noise":
        y = 5 + np.abs(signal) + rng.exponential(2, size=N)
    else:
        x[:, :3] = np.exp(0.8 * x[:, :3])
        y = 5 + x[:, :3] @ np.array([1, 2, 0.5]) + np.abs(0.3 * noise)
    test = N // 5
    return Dataset(kind, x[test:], y[test:], x[:test], y[:test], "regression")


def test_error(dataset: Dataset, metric: str, transform: TargetTransform, seed: int) -> float:
    """Train a network and return its error on test samples."""
    data = prepare(dataset, seed=seed, metric=metric, target_transform=transform)
    family, config = MLPFamily(), MLPConfig((64,))
    training = TrainingConfig(epochs=40, lr=3e-3, schedule="cosine", batch_size=32)
    result = train_network(family, config, data, training, seed=seed)
    network = new_network(family, config, data, seed=seed)
    network.load_state_dict(result.weights)
    return evaluate(network.eval(), data.test, data.task, data.device, Scorer.of(data)).error


def row(name: str, metric: str, datasets: list[Dataset]) -> dict[str, Any]:
    """Return the errors of several seeds with either transform, and what a search chooses."""
    y: NDArray[Any] = datasets[0].y_train
    errors = {
        transform: [
            test_error(data, metric, transform, seed) for seed, data in enumerate(datasets)
        ]
        for transform in TRANSFORMS
    }
    chosen = settled_by_data(SearchSettings(metric=metric), datasets[0])["target_transform"]
    shown = {name: rounded(mean(values), 3) for name, values in errors.items()}
    spread = {f"{name}_sd": rounded(stdev(values), 2) for name, values in errors.items()}
    skewness = {"skew": rounded(skew(y), 3), "skew_of_logs": rounded(skew(np.log(y)), 3)}
    return {"table": name, "metric": metric, **skewness, **shown, **spread, "auto": chosen}


def main() -> None:
    options = parser(__doc__ or "", "recipe/targets")
    options.add_argument("--seeds", type=int, default=3)
    given = options.parse_args()
    quiet()
    rows: list[dict[str, Any]] = []
    for name in (*TABLES, *MADE):
        draw = made if name in MADE else lambda table, seed: load(table, given.data, seed)
        datasets = [draw(name, seed) for seed in range(given.seeds)]
        rows += [row(name, metric, datasets) for metric in METRICS]
        print_table(rows[-len(METRICS) :])
    save(given.json, rows=rows)


if __name__ == "__main__":
    main()
