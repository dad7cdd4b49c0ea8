"""Score of a trained network on the test set."""

from __future__ import annotations

from typing import Any

import torch

from optuna_dnc.data import PreparedData
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import Score
from optuna_dnc.training.evaluation import evaluate
from optuna_dnc.training.scoring import Scorer
from optuna_dnc.training.train import trained_network


def on_test_set(
    family: NetworkFamily, config: Any, weights: dict[str, torch.Tensor], data: PreparedData
) -> Score | None:
    """Return the score of a network on the test set; None if there is none."""
    if not data.n_test:
        return None
    network = trained_network(family, config, data, weights)
    scorer = Scorer.of(data)
    measured = evaluate(network, data.test, data.task, data.device, scorer)
    return measured.score(scorer.metric)
