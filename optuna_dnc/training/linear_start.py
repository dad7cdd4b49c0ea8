"""Initial weights of linear regressions: their solution in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

import torch
from torch import nn

from optuna_dnc.data import PreparedData, Samples
from optuna_dnc.nets.encodings import Embeddings, PiecewiseLinear
from optuna_dnc.nets.stacking import members_of
from optuna_dnc.tasks import learning_task
from optuna_dnc.training.evaluation import EVALUATION_BATCH, evaluation_mode

RIDGE = 1.0
"""Squared weights are added to the sum of squared errors with this factor, as in scikit-learn's
``Ridge``."""

MOST_FEATURES = 1_000
"""Inputs of the last layer from which weights stay random: the time grows with their cube."""

MOST_WORK = 2e10
"""Multiplications at most, about a second; of more samples, every second, third ... is used."""

_INPUT_LAYERS = nn.Flatten | Embeddings | PiecewiseLinear


def start_linear_models(networks: Sequence[nn.Module], data: PreparedData) -> None:
    """Set the weights of networks for regression that have no hidden layer, in place.

    Steps of an optimizer tell correlated inputs apart only slowly. From this start, the training
    fits embeddings and stops early. Networks with hidden layers are left as they are.

    Args:
        networks: A network for each fold of the data, or one for its training samples.
        data: Prepared data.
    """
    if learning_task(data.task).predicts_labels:
        return
    for network, fold in zip(networks, data.folds or repeat(None), strict=False):
        for member in members_of(network):
            if (layers := _linear_model(member)) is not None:
                _solve(*layers, _samples_of(data, fold))


def _linear_model(network: nn.Module) -> tuple[nn.Sequential, nn.Linear] | None:
    """Return what comes before the only layer with weights, and that layer, of a linear model."""
    if type(network) is not nn.Sequential or not isinstance(network[-1], nn.Linear):
        return None
    before, last = network[:-1], network[-1]
    is_linear = all(
        isinstance(layer, nn.Flatten | Embeddings | PiecewiseLinear) for layer in before
    )
    return (before, last) if is_linear and last.in_features <= MOST_FEATURES else None


def _samples_of(data: PreparedData, fold: torch.Tensor | None) -> Samples:
    """Return the training samples, those besides a fold if there is one, with their weights."""
    if fold is None:
        return Samples(data.train.x, data.train.y, data.training_weights)
    return data.pool[data.rows_besides(fold)]


@torch.no_grad()
def _solve(before: nn.Sequential, last: nn.Linear, samples: Samples) -> None:
    """Set the weights of the last layer to those of a ridge regression on its inputs."""
    n, device = len(samples), last.weight.device
    step = max(round(n * last.in_features**2 / MOST_WORK), 1)
    rows = torch.arange(0, n, step, device=samples.x.device)
    n_columns, n_targets = last.in_features + 1, last.out_features
    gram = torch.zeros(n_columns, n_columns, dtype=torch.float64, device=device)
    products = torch.zeros(n_columns, n_targets, dtype=torch.float64, device=device)
    with evaluation_mode(before):
        for part in torch.split(rows, EVALUATION_BATCH):
            batch = samples[part]
            x = before(batch.x.to(device)).double()
            x = torch.cat([x, x.new_ones(len(x), 1)], dim=1)
            weighted = x if batch.weights is None else x * batch.weights.to(device)[:, None]
            gram += weighted.T @ x
            products += weighted.T @ batch.y.to(device).double()
    gram.diagonal()[:-1].add_(RIDGE)
    solution, failure = torch.linalg.solve_ex(gram, products)
    if failure == 0 and solution.isfinite().all():
        last.weight.copy_(solution[:-1].T)
        last.bias.copy_(solution[-1])
