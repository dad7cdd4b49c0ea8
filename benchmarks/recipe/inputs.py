"""What is scaling columns by their kind worth against standardizing all of them?

One hidden layer of 64 nodes, 20 epochs, on tables of two-valued, sparse, heavy-tailed and plain
columns. Small tables are split anew for each seed. Quality is the accuracy on test samples, for
numbers R^2, in percent; the loss is cross-entropy, or the squared error in variances.
"""

from __future__ import annotations

from statistics import mean, stdev
from typing import Any

from benchmarks.common import parser, print_table, quiet, rounded, save
from benchmarks.recipe.tables import TARGETS, load
from benchmarks.recipe.training import Trained, train
from optuna_dnc.data import Scaling, prepare
from optuna_dnc.nets import MLPConfig

SCALINGS: tuple[Scaling, ...] = ("standard", "by-kind")

NETWORK = MLPConfig((64,))


def main() -> None:
    options = parser(__doc__ or "", "recipe/inputs")
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument(
        "--tables", nargs="+", default=["adult", "shuttle", "docstrings", *TARGETS]
    )
    given = options.parse_args()
    quiet()
    rows: list[dict[str, Any]] = []
    for name in given.tables:
        found: dict[Scaling, list[Trained]] = {scaling: [] for scaling in SCALINGS}
        for seed in range(given.seeds):
            dataset = load(name, given.data, seed)
            for scaling in SCALINGS:
                data = prepare(dataset, seed=seed, scaling=scaling)
                found[scaling].append(train(NETWORK, data, seed))
        rows += [
            {
                "table": name,
                "scaling": scaling,
                "test": rounded(mean(run.quality for run in runs), 4),
                "sd": rounded(stdev(run.quality for run in runs), 2),
                "loss": rounded(mean(run.loss for run in runs), 3),
            }
            for scaling, runs in found.items()
        ]
        print_table(rows[-len(SCALINGS) :])
    save(given.json, rows=rows)


if __name__ == "__main__":
    main()
