"""The published points on Fashion-MNIST: MLPs, parameters penalised."""

from __future__ import annotations

from typing import Any

from paper_parts.settings import Settings
from paper_parts.tradeoffs import searched

from optuna_dnc.data import PreparedData, prepare
from optuna_dnc.nets import MLPFamily
from optuna_dnc.search import Record, Tradeoff, open_search
from optuna_dnc.training import TrainingConfig, evaluate, new_network, train_network

POINTS = {"wc=0": (317_000, 0.9053), "wc=10": (7_900, 0.8606)}
"""Most parameters and accuracy of the published networks."""
FAMILY = MLPFamily()


def run(settings: Settings) -> dict[str, Any]:
    """Train the best networks of at most as many parameters as the published ones to the end.

    Best is by validation error after the search's few epochs, over all searches; the test set is
    looked at once, after the long training.
    """
    found = searched(settings, "fashion-mnist", "n_params")
    data = prepare(settings.dataset("fashion-mnist"), seed=0, device="cpu")
    rows = [
        {
            "point": point,
            "at most": most,
            "params": record.measured.n_params,
            "network": record.description,
            "epochs": settings.final_epochs,
            **_trained_on(record, data, settings.final_epochs),
            "published": accuracy,
        }
        for point, (most, accuracy) in POINTS.items()
        for record in [_best(found, most)]
    ]
    return {
        "rows": rows,
        "agrees": {row["point"]: bool(row["test"] >= row["published"]) for row in rows},
    }


def _best(found: Tradeoff, most: int) -> Record:
    records = [
        record
        for result in found.results.values()
        for record in open_search(result.path).ledger.records
        if record.measured.n_params <= most
    ]
    return min(records, key=lambda record: record.measured.error)


def _trained_on(record: Record, data: PreparedData, epochs: int) -> dict[str, float]:
    config = FAMILY.config_from_dict(record.config)
    training = TrainingConfig(**record.training | {"epochs": epochs})
    result = train_network(FAMILY, config, data, training, seed=0)
    network = new_network(FAMILY, config, data, seed=0)
    network.load_state_dict(result.weights)
    test = evaluate(network, data.test, data.task, data.device)
    return {"val": 1 - result.error, "test": 1 - test.error}
