"""Does a short search pay on real data?

- ``adult``, ``letter`` and the unbalanced ``shuttle``: a search with 10 epochs and 5 + 5 trials
  against a default MLP with 100 hidden nodes, trained as long (wc = 0); and what wc = 1 on the
  parameters does to the size.
- A CNN search on 5,000 images of CIFAR-10: 2 epochs, 2 to 4 layers, 3 + 3 trials, where the
  original took 388 s on one core of a small CPU.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import optuna
import torch

from benchmarks.common import parser, print_table, save
from optuna_dnc.data import Dataset, load_dataset, prepare
from optuna_dnc.nets import MLPConfig, MLPFamily
from optuna_dnc.search import StagedSearch
from optuna_dnc.training import (
    TrainingConfig,
    evaluate,
    keep_freed_memory,
    new_network,
    train_network,
)

TABLES = ("adult", "letter", "shuttle")


def search(dataset: Dataset, seed: int, **settings: Any) -> dict[str, Any]:
    """Search in a temporary folder; returns what is compared."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        options = {"n_startup_trials": 5, "n_steps": 5, "epochs": 10, "network": "mlp"}
        staged = StagedSearch(
            dataset, **(options | settings), seed=seed, device="cpu", out=Path(folder) / "run"
        )
        best = staged.run().best
    return {
        "network": str(best.config),
        "val": best.val_accuracy,
        "test": best.test_accuracy,
        "params": best.n_params,
        "seconds": time.perf_counter() - start,
    }


def default_mlp(dataset: Dataset, seed: int) -> dict[str, Any]:
    """One hidden layer of 100 nodes, everything else as the search starts with, no dropout."""
    start = time.perf_counter()
    family, config = MLPFamily(), MLPConfig((100,))
    data = prepare(dataset, seed=seed)
    result = train_network(family, config, data, TrainingConfig(epochs=10), seed=seed)
    network = new_network(family, config, data, seed=seed)
    network.load_state_dict(result.weights)
    test = evaluate(network, data.test, data.task, data.device)
    return {
        "network": "default: 100 nodes",
        "val": 1 - result.error,
        "test": 1 - test.error,
        "params": family.n_params(config, data.input_shape, data.n_outputs),
        "seconds": time.perf_counter() - start,
    }


def main() -> None:
    options = parser(__doc__ or "", "search/real_data")
    options.add_argument("--seeds", type=int, default=1)
    options.add_argument("--data-sets", nargs="+", default=[*TABLES, "cifar10"])
    options.add_argument("--bf16", action="store_true", help="for the CNN search")
    options.add_argument("--threads", type=int, default=2)
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    keep_freed_memory()  # as the command line does
    optuna.logging.set_verbosity(optuna.logging.WARNING)

    rows: list[dict[str, Any]] = []
    for name in [name for name in TABLES if name in given.data_sets]:
        dataset = load_dataset(given.data / f"{name}.npz")
        for seed in range(given.seeds):
            found = {
                "default": default_mlp(dataset, seed),
                "wc=0": search(dataset, seed, wc=0.0),
                "wc=1": search(dataset, seed, wc=1.0, penalize="n_params"),
            }
            rows += [{"data": name, "seed": seed, "run": run, **row} for run, row in found.items()]
            print_table(rows[-3:])
        save(given.json, rows=rows)
    if "cifar10" in given.data_sets:
        cifar = load_dataset(given.data / "cifar10-10k.npz", max_train=5_000)
        cnn = search(
            cifar, 0, network="cnn", epochs=2, n_startup_trials=3, n_steps=3,
            space={"n_layers": (2, 4)}, bf16=given.bf16,
        )  # fmt: skip
        rows.append({"data": "cifar10, 5,000 images", "seed": 0, "run": "cnn", **cnn})
        print_table(rows[-1:])
        save(given.json, rows=rows)


if __name__ == "__main__":
    main()
