"""What is the closed-form start of linear regressions worth?

Networks without hidden layers are cross-validated in five folds with the default recipe, from
random weights and from the ridge regression on their inputs. Errors are the lowest of all epochs,
as in a search, in variances of the target; ``ridge`` is that of scikit-learn's ``Ridge`` on the
same folds. ``BostonHousing2 (cmedv)`` has a column that nearly equals the target.
"""

from __future__ import annotations

from pathlib import Path
from statistics import mean

import numpy as np
from sklearn.linear_model import Ridge

from benchmarks.common import parser, print_table, quiet, rounded, save
from benchmarks.peers.tables import MissingDataError, load_table
from optuna_dnc.data import Dataset, PreparedData, load_dataset, prepare
from optuna_dnc.nets import MLPConfig, MLPFamily
from optuna_dnc.nets.stacking import trainable
from optuna_dnc.runs.recipe import RECIPE
from optuna_dnc.training import TrainingConfig, fit, new_network
from optuna_dnc.training.linear_start import start_linear_models
from optuna_dnc.training.train import seeded

TABLES = ("Ozone", "diabetes", "trump_approval", "BostonHousing2", "Computers")

LEAK = "BostonHousing2 (cmedv)"

RATES = (0.0015, 0.0055, 0.02)


def load(name: str, folder: Path) -> Dataset:
    """Return a table for regression without a test set."""
    if name == LEAK:
        return load_dataset(folder / "csv" / "BostonHousing2.csv", target="medv", drop=["town"])
    table = load_table(name, folder)
    return load_dataset((table.x_train, table.y_train), task="regression")


def error(data: PreparedData, lr: float, seed: int, *, solved: bool) -> float:
    """Return the lowest validation error of a training."""
    family, config = MLPFamily(), MLPConfig((), "relu", 0.0)
    training = TrainingConfig(epochs=60, lr=lr, batch_size=32, patience=10, **RECIPE)
    networks = [new_network(family, config, data, seed=seed + k) for k in range(len(data.folds))]
    if solved:
        start_linear_models(networks, data)
    with seeded(seed + 1, data.device):
        best = fit(trainable(networks), data, training, seed=seed).best
    return float("nan") if best is None else best.val_error


def ridge_error(data: PreparedData) -> float:
    """Return the error of scikit-learn's model, cross-validated."""
    squares = []
    for fold in data.folds:
        train, val = data.pool[data.rows_besides(fold)], data.pool[fold]
        model = Ridge().fit(train.x.numpy(), train.y.numpy())
        squares.append((model.predict(val.x.numpy()).reshape(-1, 1) - val.y.numpy()) ** 2)
    return float(np.concatenate(squares).mean()) / data.constant_loss


def main() -> None:
    options = parser(__doc__ or "", "recipe/linear_start")
    options.add_argument("--seeds", type=int, default=3)
    given = options.parse_args()
    quiet()
    rows = []
    for name in (*TABLES, LEAK):
        try:
            data = prepare(load(name, given.data), n_folds=5)
        except MissingDataError as missing:
            print(f"{name} is left out: {missing}")
            continue
        row: dict[str, object] = {"table": name, "ridge": rounded(ridge_error(data), 3)}
        for start, solved in (("random", False), ("solved", True)):
            for lr in RATES:
                values = [error(data, lr, 10 * seed, solved=solved) for seed in range(given.seeds)]
                row[f"{start}, {lr:g}"] = rounded(mean(values), 3)
        rows.append(row)
    print_table(rows)
    save(given.json, rows=rows)


if __name__ == "__main__":
    main()
