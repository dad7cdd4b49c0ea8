"""Fitted network of an estimator, which needs no folder and can be pickled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from optuna_dnc.data import Preprocessing
from optuna_dnc.data.devices import choose_device
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.results.predictor import Predictor
from optuna_dnc.training import on_device


@dataclass(frozen=True, eq=False)
class FittedNetwork:
    """Network with weights and preprocessing; its module is built on first use, never pickled."""

    family: NetworkFamily
    config: Any
    """Config of the family."""
    weights: Mapping[str, NDArray[Any]]
    """State dict as NumPy arrays, whose pickles do not depend on the version of torch."""
    preprocessing: Preprocessing
    device: str
    """Name of a torch device, or ``auto``."""

    @classmethod
    def of(
        cls,
        family: NetworkFamily,
        config: Any,
        weights: Mapping[str, torch.Tensor],
        preprocessing: Preprocessing,
        device: str,
    ) -> FittedNetwork:
        """Create it with copies of the weights, which may be on any device."""
        arrays = {name: tensor.detach().cpu().numpy().copy() for name, tensor in weights.items()}
        return cls(family, config, arrays, preprocessing, device)

    @cached_property
    def predictor(self) -> Predictor:
        """Predictor for raw samples."""
        device = choose_device(self.device)
        shape = self.preprocessing.input_shape
        network = self.family.build(self.config, shape, self.preprocessing.n_outputs)
        network.load_state_dict(
            {name: torch.from_numpy(np.array(array)) for name, array in self.weights.items()}
        )
        network = on_device(network, device, channels_last=self.family.convolutional).eval()
        return Predictor((network,), (1.0,), self.preprocessing, device)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "predictor"}
