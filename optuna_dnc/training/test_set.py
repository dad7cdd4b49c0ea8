"""Score of a trained network on the test set."""

from __future__ import annotations

from typing import Any

import torch

from optuna_dnc.data import PreparedData
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.size_check import check_no_larger
from optuna_dnc.objectives import Score
from optuna_dnc.training.evaluation import evaluate
from optuna_dnc.training.scoring import Scorer
from optuna_dnc.training.train import new_network


def on_test_set(
    family: NetworkFamily, config: Any, weights: dict[str, torch.Tensor], data: PreparedData
) -> Score | None:
    """Return the score of a network on the test set; None if there is none."""
    if not data.n_test:
        return None
    shapes = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    check_no_larger(family, config, data.input_shape, data.n_outputs, shapes)
    network = new_network(family, config, data, seed=0)
    network.load_state_dict(weights)
    scorer = Scorer.of(data)
    measured = evaluate(network, data.test, data.task, data.device, scorer)
    return measured.score(scorer.metric)
