"""A trained network in a folder, with what goes before and after it."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import nn

from optuna_dnc._errors import InputError, brief
from optuna_dnc.data import Preprocessing
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.size_check import check_no_larger
from optuna_dnc.search.choice import choose_device
from optuna_dnc.search.folder import RunFolder, read_json, shapes_in
from optuna_dnc.search.predicting import Predicting
from optuna_dnc.search.predictor import Predictor
from optuna_dnc.search.saved_network import load_network


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

    def check_size(self) -> None:
        """Raise :class:`InputError` where the network is larger than its weights on the disk.

        For whoever trains it again: a file from elsewhere may describe a network of any size.
        Where somebody has deleted the weights there is nothing to compare it with.
        """
        folder = RunFolder(self.path)
        if not (folder.model.exists() and folder.config.exists()):
            return
        about = read_json(folder.config)
        try:
            shape, n_outputs = tuple(about["input_shape"]), about["n_outputs"]
            check_no_larger(self.family, self.config, shape, n_outputs, shapes_in(folder.model))
        except (KeyError, TypeError) as error:
            raise InputError(f"{folder.config} is damaged: {error}.") from None
        except (OSError, SafetensorError) as error:
            raise InputError(f"{folder.model} cannot be read ({brief(error)}).") from None

    def model(self, device: str | torch.device = "cpu") -> nn.Module:
        """The trained network in eval mode.

        It takes normalised inputs; :meth:`predict` takes raw ones, and
        :meth:`preprocessing` normalises them.
        """
        folder = RunFolder(self.path)
        about = read_json(folder.config)
        try:
            return load_network(
                self.family,
                self.config,
                folder.model,
                input_shape=tuple(about["input_shape"]),
                n_outputs=about["n_outputs"],
                device=device,
            )
        except (KeyError, TypeError) as error:
            raise InputError(f"{folder.config} is damaged: {error}.") from None

    def preprocessing(self) -> Preprocessing:
        """How raw inputs become network inputs, and outputs become labels or values."""
        path = RunFolder(self.path).config
        try:
            return Preprocessing.from_dict(read_json(path)["preprocessing"])
        except (KeyError, TypeError) as error:
            raise InputError(f"{path} is damaged: {error}.") from None

    def predictor(self, device: str = "cpu") -> Predictor:
        place = choose_device(device)
        return Predictor((self.model(place),), (1.0,), self.preprocessing(), place)
