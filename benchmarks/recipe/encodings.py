"""What are encodings of numeric inputs worth, and what do they cost?

MLPs without a hidden layer and with one of 16 or 64 nodes, trained equally with each encoding.
Small tables are split anew for each seed. Quality is the accuracy on test samples, for numbers
R^2, in percent; the loss is cross-entropy, or the squared error in variances.
"""

from __future__ import annotations

from statistics import mean, stdev
from typing import Any

from optuna.distributions import BaseDistribution

from benchmarks.common import parser, print_table, quiet, rounded, save
from benchmarks.recipe.tables import load
from benchmarks.recipe.training import Trained, train
from optuna_dnc.data import Dataset, prepare
from optuna_dnc.nets import MLPConfig, MLPFamily
from optuna_dnc.space import CallbackTrial

TABLES = ("adult", "letter", "PimaIndiansDiabetes2", "Vehicle", "Ozone", "BostonHousing2")

WIDTHS = ((), (16,), (64,))


def encoded(config: MLPConfig, encoding: str, dataset: Dataset) -> MLPConfig:
    """Return the network with an encoding of the data's numeric columns, as a search does."""

    def answer(name: str, distribution: BaseDistribution) -> str:
        del name, distribution
        return encoding

    family = MLPFamily().suited_to(dataset.x_train)
    return family.refine("encoding", config, CallbackTrial(answer))


def row(runs: list[Trained]) -> dict[str, Any]:
    """Return what is shown of several seeds."""
    return {
        "params": runs[0].n_params,
        "test": rounded(mean(run.quality for run in runs), 4),
        "sd": rounded(stdev(run.quality for run in runs), 2),
        "loss": rounded(mean(run.loss for run in runs), 3),
        "ms_an_epoch": rounded(1000 * min(run.seconds for run in runs), 3),
    }


def main() -> None:
    options = parser(__doc__ or "", "recipe/encodings")
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--epochs", type=int, default=30)
    options.add_argument("--tables", nargs="+", default=TABLES)
    given = options.parse_args()
    quiet()
    choices = MLPFamily().encoding
    rows: list[dict[str, Any]] = []
    for name in given.tables:
        datasets = [load(name, given.data, seed) for seed in range(given.seeds)]
        prepared = [prepare(dataset, seed=seed) for seed, dataset in enumerate(datasets)]
        for widths in WIDTHS:
            for encoding in choices:
                runs = [
                    train(encoded(MLPConfig(widths), encoding, dataset), data, seed, given.epochs)
                    for seed, (dataset, data) in enumerate(zip(datasets, prepared, strict=True))
                ]
                about = {"table": name, "hidden": "-".join(map(str, widths)) or "none"}
                rows.append({**about, "encoding": encoding, **row(runs)})
            print_table(rows[-len(choices) :])
        save(given.json, rows=rows)


if __name__ == "__main__":
    main()
