"""A trained network in a folder, with what goes before and after it."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any

import torch
from torch import nn

from optuna_dnc.data import Preprocessing
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.search.choice import choose_device
from optuna_dnc.search.folder import RunFolder, read_json
from optuna_dnc.search.predicting import Predicting
from optuna_dnc.search.predictor import Predictor
from optuna_dnc.search.saved_network import load_network
from optuna_dnc.search.schemas import StoredConfig, check_schema


class TrainedNetwork(Predicting):
    """What can be done with ``model.safetensors`` and ``config.json`` of a folder."""

    path: Path
    """The folder."""
    family: NetworkFamily

    @property
    @abstractmethod
    def config(self) -> Any:
        """The network: ``MLPConfig``, ``CNNConfig`` or the config of your own family."""

    @property
    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """What is worth saying of it: ``dataset``, ``n_params``, ``test_error`` and
        ``test_accuracy``, as JSON."""

    def model(self, device: str | torch.device = "cpu") -> nn.Module:
        """The trained network in eval mode.

        It takes normalised inputs; :meth:`predict` takes raw ones, and
        :meth:`preprocessing` normalises them.
        """
        folder = RunFolder(self.path)
        about = read_config(folder)
        return load_network(
            self.family,
            self.config,
            folder.model,
            input_shape=tuple(about["input_shape"]),
            n_outputs=about["n_outputs"],
            device=device,
        )

    def preprocessing(self) -> Preprocessing:
        """How raw inputs become network inputs, and outputs become labels or values."""
        return Preprocessing.from_dict(read_config(RunFolder(self.path))["preprocessing"])

    def predictor(self, device: str = "cpu") -> Predictor:
        place = choose_device(device)
        return Predictor((self.model(place),), (1.0,), self.preprocessing(), place)


def read_config(folder: RunFolder) -> dict[str, Any]:
    """Read config.json; raises :class:`InputError` for a damaged one."""
    about = read_json(folder.config)
    check_schema(folder.config, about, StoredConfig)
    return about
