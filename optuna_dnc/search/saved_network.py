"""A trained network, from its weights on the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from optuna_dnc._errors import InputError, brief
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.size_check import check_no_larger
from optuna_dnc.search.folder import load_weights, shapes_in
from optuna_dnc.training import on_device


def load_network(
    family: NetworkFamily,
    config: Any,
    weights: Path,
    *,
    input_shape: tuple[int, ...],
    n_outputs: int,
    device: str | torch.device = "cpu",
) -> nn.Module:
    """Build the network of ``config`` and give it the weights of a file; in eval mode.

    Raises:
        InputError: The file is missing, damaged, or of another network. A network that is larger
            than its weights is not built.
    """
    try:
        check_no_larger(family, config, input_shape, n_outputs, shapes_in(weights))
        network = family.build(config, input_shape, n_outputs)
        network.load_state_dict(load_weights(weights))
    except Exception as error:
        raise InputError(f"{weights} cannot be read ({brief(error)}).") from None
    return on_device(network, torch.device(device), channels_last=family.channels_last).eval()
