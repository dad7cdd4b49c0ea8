"""The published points on Fashion-MNIST: MLPs, parameters penalised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.paper.parts.settings import Settings
from benchmarks.paper.parts.tradeoffs import searched
from optuna_dnc.data import PreparedData, prepare
from optuna_dnc.nets import MLPConfig, MLPFamily
from optuna_dnc.runs import Record, open_run
from optuna_dnc.search import StagedSearch
from optuna_dnc.training import TrainingConfig, evaluate, train_network
from optuna_dnc.training.all_samples import train_on_all

FAMILY = MLPFamily()
SGD = {"optimizer": "sgd", "lr": 0.05, "batch_size": 128, "schedule": "cosine", "dropout": 0.0}
ADAM = {"optimizer": "adam", "lr": 3e-3, "batch_size": 128, "schedule": "cosine"}
SMALL_SHIFTS = {"augment": True, "augment_shift": 1}
TRAININGS: dict[str, dict[str, Any]] = {
    "as searched": {},
    "as searched, cosine": {"schedule": "cosine"},
    "Adam, cosine, decay 1e-4": ADAM | {"weight_decay": 1e-4},
    "Adam, cosine, decay 1e-3": ADAM | {"weight_decay": 1e-3},
    "SGD, cosine, mixup": SGD | {"weight_decay": 5e-4, "mixup": 0.2},
    "SGD, cosine, shifts and flips": SGD | SMALL_SHIFTS | {"weight_decay": 2e-4},
    "SGD, cosine, shifts, flips, mixup": SGD | SMALL_SHIFTS | {"weight_decay": 2e-4, "mixup": 0.2},
}
"""Ways to train for long; the validation samples choose among them. Where mixup, shifts and flips
hold the network back, dropout does not do so too."""
N_FINALISTS = 2
"""Networks that are trained for long in all these ways."""


@dataclass(frozen=True)
class Point:
    """A published network, and where ours is looked for."""

    name: str
    most: int
    """Its parameters, rounded as published."""
    accuracy: float
    candidates: Callable[[Settings], list[Record]]


def _all_searches(settings: Settings) -> list[Record]:
    """Trials of the trade-off's five searches."""
    found = searched(settings, "fashion-mnist", "n_params")
    return [
        record
        for result in found.results.values()
        for record in open_run(result.path).ledger.records
    ]


def _small_search(settings: Settings) -> list[Record]:
    """Trials of a search among small networks, where a unit more in the first layer, 785
    parameters, has to lower the error by 0.8 points."""
    out = settings.runs / "fashion-mnist-small"
    options = settings.search() | {
        "epochs": 2 * settings.epochs,
        "n_startup_trials": 2 * settings.startup,
        "n_steps": 2 * settings.startup,
        # They have no unit to spare.
        "space": {"width": (5, 40), "n_layers": (1, 3), "core_dropout": 0.0, "dropout": (0.0,)},
        "wc": 0.2,
        "baseline": 20_000.0,
    }
    StagedSearch(settings.dataset("fashion-mnist"), out=out, **options).run()
    return open_run(out).ledger.records


POINTS = (
    Point("wc=0", 317_000, 0.9053, _all_searches),
    Point("wc=10", 7_900, 0.8606, _small_search),
)


def run(settings: Settings) -> dict[str, Any]:
    """Train the best networks of at most as many parameters as each published one to the end.

    The networks are the best by validation error after the search's few epochs. Which one is
    taken, and how it is trained, is decided by the validation error after ``final_epochs``; then
    it is trained on all samples, and the test set is looked at once.
    """
    data = prepare(settings.dataset("fashion-mnist"), seed=0, device="cpu")
    rows = []
    for point in POINTS:
        fitting = [
            r for r in point.candidates(settings) if r.measured.costs["n_params"] <= point.most
        ]
        finalists = {record.description: record for record in _finalists(fitting)}
        errors = {
            network: _errors(record, data, settings.final_epochs)
            for network, record in finalists.items()
        }
        network, chosen = min(
            ((network, training) for network, found in errors.items() for training in found),
            key=lambda tried: errors[tried[0]][tried[1]],
        )
        record = finalists[network]
        config, training = _changed(record, TRAININGS[chosen], settings.final_epochs)
        rows.append(
            {
                "point": point.name,
                "at most": point.most,
                "params": record.measured.costs["n_params"],
                "network": str(config),
                "training": chosen,
                "epochs": settings.final_epochs,
                "val": 1 - errors[network][chosen],
                "test": _tested(config, training, data),
                "published": point.accuracy,
                "errors": errors,
            }
        )
    return {
        "rows": [{k: v for k, v in row.items() if k != "errors"} for row in rows],
        "validation errors": {row["point"]: row["errors"] for row in rows},
        "agrees": {row["point"]: bool(row["test"] >= row["published"]) for row in rows},
    }


def _finalists(records: list[Record]) -> list[Record]:
    """The best networks of different depths, in the order of their validation errors.

    After a few epochs one hidden layer is ahead of two that end up better.
    """
    best: dict[int, Record] = {}
    for record in sorted(records, key=lambda record: record.measured.error):
        best.setdefault(len(FAMILY.config_from_dict(record.config).widths), record)
    return list(best.values())[:N_FINALISTS]


def _changed(
    record: Record, changes: dict[str, Any], epochs: int
) -> tuple[MLPConfig, TrainingConfig]:
    """The network and the training of a record, with what is changed in either."""
    network = {name: changes.get(name, value) for name, value in record.config.items()}
    training = {name: value for name, value in changes.items() if name not in network}
    return (
        FAMILY.config_from_dict(network),
        TrainingConfig(**record.training | training | {"epochs": epochs}),
    )


def _errors(record: Record, data: PreparedData, epochs: int) -> dict[str, float]:
    """Validation error after the last epoch, for each way of training."""
    errors = {}
    for name, changes in TRAININGS.items():
        config, training = _changed(record, changes, epochs)
        last = train_network(FAMILY, config, data, training, seed=0).epochs[-1]
        errors[name] = last.val_error
        print(f"{record.description}, {name}: {last.val_error:.4f}", flush=True)
    return errors


def _tested(config: MLPConfig, training: TrainingConfig, data: PreparedData) -> float:
    network, _ = train_on_all(FAMILY, config, data, training, seed=0)
    return 1 - evaluate(network, data.test, data.task, data.device).error
