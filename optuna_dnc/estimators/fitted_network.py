"""A trained network with its preprocessing that needs no folder, and that pickles."""

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
    """What an estimator predicts with. The module is built on first use, and never pickled."""

    family: NetworkFamily
    config: Any
    """One of the family's configs."""
    weights: Mapping[str, NDArray[Any]]
    """The state dict, as NumPy arrays, whose pickles do not depend on torch's version."""
    preprocessing: Preprocessing
    device: str
    """As torch calls it, or ``auto``."""

    @classmethod
    def of(
        cls,
        family: NetworkFamily,
        config: Any,
        weights: Mapping[str, torch.Tensor],
        preprocessing: Preprocessing,
        device: str,
    ) -> FittedNetwork:
        """With copies of these weights, which may be on any device."""
        arrays = {name: tensor.detach().cpu().numpy().copy() for name, tensor in weights.items()}
        return cls(family, config, arrays, preprocessing, device)

    @cached_property
    def predictor(self) -> Predictor:
        """Predicts for raw samples."""
        place = choose_device(self.device)
        shape = self.preprocessing.input_shape
        network = self.family.build(self.config, shape, self.preprocessing.n_outputs)
        network.load_state_dict(
            {name: torch.from_numpy(np.array(array)) for name, array in self.weights.items()}
        )
        network = on_device(network, place, channels_last=self.family.convolutional).eval()
        return Predictor((network,), (1.0,), self.preprocessing, place)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "predictor"}
