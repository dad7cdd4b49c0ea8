"""Trained networks: weights, preprocessing and predictions."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._files import DamagedFile, check_intact, check_sealed, read_json
from optuna_dnc.nets.family import NetworkFamily
from optuna_dnc.nets.registry import name_in_results
from optuna_dnc.objectives import NetworkMetrics, costs_to_dict
from optuna_dnc.runs.folder import SCHEMA, RunFolder, digests_in
from optuna_dnc.runs.schema_types import check_schema
from optuna_dnc.runs.schemas import StoredConfig

if TYPE_CHECKING:
    import torch
    from torch import nn

    from optuna_dnc.data import PreparedData, Preprocessing
    from optuna_dnc.results.predictor import OnProgress, Predictor


class Predicting(ABC):
    """A trained network, or several, with what goes before and after them."""

    @abstractmethod
    def predictor(self, device: str = "cpu") -> Predictor:
        """Read it once, with its preprocessing, to predict many times."""

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
            ``(n, n_classes)``, softmax of the outputs, or the weighted mean of several networks',
            in the order of the sorted labels.

        Raises:
            InputError: The task is a regression.
        """
        return self.predictor(device).predict_proba(x, on_progress)


class TrainedNetwork(Predicting):
    """A network with its weights in ``model.safetensors`` and its shape in ``config.json``.

    Only methods that need the weights import torch.
    """

    path: Path
    """The folder."""
    family: NetworkFamily
    summary: dict[str, Any]
    """What the folder's own JSON file holds, with the digests of the others."""

    @property
    @abstractmethod
    def config(self) -> Any:
        """The network: ``MLPConfig``, ``CNNConfig`` or the config of your own family."""

    @property
    @abstractmethod
    def metrics(self) -> NetworkMetrics:
        """Its quality and costs."""

    @property
    def facts(self) -> dict[str, Any]:
        """Name of the data set, costs and quality on the test set, as JSON."""
        quality = self.metrics.quality
        return {
            "dataset": self.summary["dataset"],
            **costs_to_dict(self.metrics.costs),
            "test_error": quality.test_error,
            "test_accuracy": quality.test_accuracy,
        }

    @property
    @abstractmethod
    def file(self) -> Path:
        """Where :attr:`summary` is from."""

    @property
    @abstractmethod
    def remedy(self) -> str:
        """What writes the files anew where one is damaged, as the end of a sentence."""

    def check_intact(self) -> None:
        """Raise :class:`InputError` where a file that answers rest on has changed since."""
        folder = RunFolder(self.path)
        self._about_network()
        check_intact(folder.model, digests_in(self.summary), self.remedy)

    def check_size(self) -> None:
        """Raise :class:`InputError` where the network is larger than its weights on the disk.

        For whoever trains it again: a file from elsewhere may describe a network of any size.
        Where somebody has deleted the weights there is nothing to compare it with.
        """
        from optuna_dnc.nets.size_check import check_no_larger
        from optuna_dnc.training.weights_header import shapes_in

        folder = RunFolder(self.path)
        if not (folder.model.exists() and folder.config.exists()):
            return
        about = read_config(folder)
        shape, n_outputs = tuple(about["input_shape"]), about["n_outputs"]
        check_no_larger(self.family, self.config, shape, n_outputs, shapes_in(folder.model))

    def model(self, device: str | torch.device = "cpu") -> nn.Module:
        """The trained network in eval mode.

        It takes normalised inputs; :meth:`predict` takes raw ones, and
        :meth:`preprocessing` normalises them.

        Raises:
            InputError: A file is damaged; the message has the command that writes it anew.
        """
        from optuna_dnc.results.predictor import load_network

        folder, about = RunFolder(self.path), self._about_network()
        return load_network(
            self.family,
            self.config,
            folder.model,
            input_shape=tuple(about["input_shape"]),
            n_outputs=about["n_outputs"],
            digests=digests_in(self.summary),
            remedy=self.remedy,
            device=device,
        )

    def preprocessing(self) -> Preprocessing:
        """How raw inputs become network inputs, and outputs become labels or values."""
        from optuna_dnc.data import Preprocessing

        return Preprocessing.from_dict(self._about_network()["preprocessing"])

    def _about_network(self) -> dict[str, Any]:
        """What config.json holds."""
        check_sealed(self.file, self.summary)
        folder = RunFolder(self.path)
        check_intact(folder.config, digests_in(self.summary), self.remedy)
        about = read_config(folder)
        config = json.loads(json.dumps(asdict(self.config)))
        if about.get("config", config) != config:
            raise DamagedFile(folder.config, "it describes another network", self.remedy)
        return about

    def predictor(self, device: str = "cpu") -> Predictor:
        from optuna_dnc.data.devices import choose_device
        from optuna_dnc.results.predictor import Predictor

        chosen = choose_device(device)
        return Predictor((self.model(chosen),), (1.0,), self.preprocessing(), chosen)


def read_config(folder: RunFolder) -> dict[str, Any]:
    """Read config.json; raises :class:`InputError` for a damaged one."""
    about = read_json(folder.config)
    check_schema(folder.config, about, StoredConfig)
    return about


def about_network(family: NetworkFamily, config: Any, data: PreparedData) -> dict[str, Any]:
    """What config.json holds: all that predicting needs besides weights."""
    return {
        "schema": SCHEMA,
        "network": name_in_results(family),
        "config": asdict(config),
        "input_shape": list(data.input_shape),
        "n_outputs": data.n_outputs,
        "preprocessing": data.preprocessing.to_dict(),
    }
