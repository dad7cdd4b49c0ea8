"""A trained network, from its weights on the disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from optuna_dnc._errors import brief
from optuna_dnc._files import DamagedFile, check_intact
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.size_check import check_no_larger
from optuna_dnc.training import on_device
from optuna_dnc.training.weights import load_weights
from optuna_dnc.training.weights_header import shapes_in


def load_network(
    family: NetworkFamily,
    config: Any,
    weights: Path,
    *,
    input_shape: tuple[int, ...],
    n_outputs: int,
    digests: Mapping[str, Any],
    remedy: str,
    device: str | torch.device = "cpu",
) -> nn.Module:
    """Build the network of ``config`` and give it the weights of a file; in eval mode.

    Args:
        family: Where the config is from.
        config: The network.
        weights: The file.
        input_shape: Shape of one sample.
        n_outputs: Number of outputs.
        digests: SHA-256 by names of files, see :func:`optuna_dnc._files.check_intact`.
        remedy: How to get the file anew, as the end of a sentence.
        device: Where the network is to be.

    Raises:
        DamagedFile: The file is missing, damaged, or of another network.
        InputError: The network is larger than its weights; it is not built.
    """
    check_intact(weights, digests, remedy)
    try:
        check_no_larger(family, config, input_shape, n_outputs, shapes_in(weights))
        network = family.build(config, input_shape, n_outputs)
        network.load_state_dict(load_weights(weights))
    except DamagedFile as error:
        raise DamagedFile(weights, error.reason, remedy) from None
    except FileNotFoundError:
        raise DamagedFile(weights, "it is missing", remedy) from None
    except RuntimeError as error:
        raise DamagedFile(weights, f"it holds another network: {brief(error)}", remedy) from None
    return on_device(network, torch.device(device), channels_last=family.convolutional).eval()
