"""A trained network in a folder, with what goes before and after it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from optuna_dnc._errors import InputError
from optuna_dnc.data import Preprocessing
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.search.choice import choose_device
from optuna_dnc.search.folder import RunFolder, read_json
from optuna_dnc.search.predictor import OnProgress, Predictor
from optuna_dnc.search.saved_network import load_network


class TrainedNetwork(ABC):
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
        """The network with its preprocessing, read once, to predict many times."""
        place = choose_device(device)
        return Predictor((self.model(place),), (1.0,), self.preprocessing(), place)

    def predict(
        self, x: Any, device: str = "cpu", *, on_progress: OnProgress | None = None
    ) -> NDArray[np.generic]:
        """Predict for raw samples, shaped and scaled like the training data.

        Samples go through batch by batch, so that memory does not grow with their number.

        Args:
            x: ``(n, *input_shape)``, NumPy array, tensor or nested lists.
            device: ``auto``, ``cpu``, ``cuda``...
            on_progress: Called after each batch with the number of samples that are done.

        Returns:
            Labels ``(n,)`` as they were in the training data, or values for regression, in
            the targets' own unit.
        """
        return self.predictor(device).predict(x, on_progress)

    def predict_proba(
        self, x: Any, device: str = "cpu", *, on_progress: OnProgress | None = None
    ) -> NDArray[np.float64]:
        """The probability of each class for raw samples; arguments as for :meth:`predict`.

        Returns:
            ``(n, n_classes)``, softmax of the network's outputs, in the order of the sorted
            labels (``preprocessing().classes``).

        Raises:
            InputError: The task is a regression.
        """
        return self.predictor(device).predict_proba(x, on_progress)
