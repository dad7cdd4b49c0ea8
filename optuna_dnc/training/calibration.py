"""Calibration of a trained classifier by temperature scaling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from optuna_dnc.data import PreparedData
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.stacking import members_of
from optuna_dnc.tasks import learning_task
from optuna_dnc.training.evaluation import loss_sum, outputs_of
from optuna_dnc.training.train import trained_network
from optuna_dnc.training.weights import Weights, separate

PRIOR_SD = 0.35
"""Standard deviation of the prior of ``log(temperature)``, a normal distribution around 0: few
validation samples change the probabilities little."""

MOST_SAMPLES = 2_000
"""Validation samples of each fold that are used at most."""

LARGEST = 10.0
"""Temperatures lie between its reciprocal and it."""

N_CHECKED = 256
"""Validation samples on which a scaled network is checked."""


def temperature_of(
    family: NetworkFamily,
    config: Any,
    data: PreparedData,
    weights: Sequence[Weights],
    outputs: Sequence[torch.Tensor] | None = None,
) -> float:
    """Return the temperature that makes validation probabilities fit the labels best.

    It minimizes the loss of ``outputs / temperature``, summed over the validation samples, plus
    the negative log density of the prior, see :data:`PRIOR_SD`.

    Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017.

    Args:
        family: Network family of the config.
        config: The network.
        data: Prepared data.
        weights: State dict of the network of each fold, in their order, of the first ones at
            least; of the only network without folds.
        outputs: Those of :func:`validation_outputs`, if they are known.

    Returns:
        The temperature; above 1 if the network is overconfident. 1 for a regression.
    """
    from scipy.optimize import minimize_scalar  # too slow to load for a start without it

    if not learning_task(data.task).predicts_labels:
        return 1.0
    if outputs is None:
        outputs = validation_outputs(family, config, data, weights, most=MOST_SAMPLES)
    logits = torch.cat([part[:MOST_SAMPLES] for part in outputs]).double()
    parts = [val[:MOST_SAMPLES] for val in data.validated[: len(weights)]]
    targets = torch.cat([val.y.cpu() for val in parts])
    counted = [val.weights.cpu() for val in parts if val.weights is not None]
    counts = torch.cat(counted) if counted else None

    def negative_log_posterior(log_temperature: float) -> float:
        scaled = logits / math.exp(log_temperature)
        loss = loss_sum(scaled, targets, data.task, counts).item()
        return loss + (log_temperature / PRIOR_SD) ** 2 / 2

    bound = math.log(LARGEST)
    found = minimize_scalar(negative_log_posterior, bounds=(-bound, bound), method="bounded")
    return math.exp(found.x)


def validation_outputs(
    family: NetworkFamily,
    config: Any,
    data: PreparedData,
    weights: Sequence[Weights],
    *,
    most: int | None = None,
) -> list[torch.Tensor]:
    """Return the outputs for the validation samples of each fold, ``(n, n_outputs)`` on the CPU.

    Args:
        family: Network family of the config.
        config: The network.
        data: Prepared data.
        weights: State dict of the network of each fold, see :func:`temperature_of`.
        most: Samples of each fold at most; None for all.
    """
    network, outputs = trained_network(family, config, data, weights[0]), []
    for own, val in zip(weights, data.validated, strict=False):
        network.load_state_dict(own)
        outputs.append(outputs_of(network, val.x[:most], data.device))
    return outputs


@torch.no_grad()
def calibrated(
    family: NetworkFamily, config: Any, data: PreparedData, weights: Weights, temperature: float
) -> Weights:
    """Return weights with which the outputs of a network are divided by a temperature.

    Weights and bias of its last linear layer are divided, so that labels, costs and files stay as
    they are. The weights of a network that does not end with such a layer are returned unchanged.
    """
    if temperature == 1:
        return weights
    network = trained_network(family, config, data, weights)
    x = data.val.x[:N_CHECKED]
    expected = outputs_of(network, x, data.device) / temperature
    for member in members_of(network):
        for parameter in _last_linear(member):
            parameter.div_(temperature)
    if not torch.allclose(outputs_of(network, x, data.device), expected, rtol=1e-3, atol=1e-4):
        return weights
    return separate(network.state_dict())


def _last_linear(network: nn.Module) -> list[nn.Parameter]:
    """Return the parameters of the last linear layer; none if there is no such layer."""
    layers = [module for module in network.modules() if isinstance(module, nn.Linear)]
    return list(layers[-1].parameters()) if layers else []
