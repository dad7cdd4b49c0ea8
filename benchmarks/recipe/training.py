"""The training that the recipe's benchmarks keep fixed."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional

from optuna_dnc.data import PreparedData
from optuna_dnc.nets import MLPConfig, MLPFamily
from optuna_dnc.training import TrainingConfig, new_network, outputs_of, train_network

SMALL = 5_000
"""Training samples below which batches are small, so that there are enough steps."""


@dataclass(frozen=True)
class Trained:
    """Quality of a trained network on test samples."""

    quality: float
    """Accuracy, or R^2, in percent."""
    loss: float
    """Cross-entropy, or squared error in variances of the target."""
    seconds: float
    """Median seconds of an epoch."""
    n_params: int


def train(config: MLPConfig, data: PreparedData, seed: int, epochs: int = 20) -> Trained:
    """Train a network and test it with the weights of its best epoch."""
    family = MLPFamily()
    training = TrainingConfig(
        epochs=epochs,
        lr=3e-3,
        schedule="cosine",
        batch_size=32 if data.n_train < SMALL else 256,
    )
    result = train_network(family, config, data, training, seed=seed)
    network = new_network(family, config, data, seed=seed)
    network.load_state_dict(result.weights)
    outputs, y = outputs_of(network.eval(), data.test.x, data.device), data.test.y
    if data.task == "classification":
        loss = functional.cross_entropy(outputs, y)
        quality = (outputs.argmax(dim=1) == y).double().mean()
    else:
        loss = functional.mse_loss(outputs, y)
        quality = 1 - loss / y.var(correction=0)
    seconds = torch.tensor([epoch.train_seconds for epoch in result.epochs]).median()
    return Trained(
        quality=100 * quality.item(),
        loss=loss.item(),
        seconds=seconds.item(),
        n_params=family.n_params(config, data.input_shape, data.n_outputs),
    )
