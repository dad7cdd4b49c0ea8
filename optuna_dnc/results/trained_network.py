"""Trained networks: weights, preprocessing and predictions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from optuna_dnc._files import DamagedFile, check_intact, read_json
from optuna_dnc.nets.family import NetworkFamily
from optuna_dnc.nets.registry import name_in_results
from optuna_dnc.objectives import NetworkMetrics, costs_to_dict
from optuna_dnc.runs.folder import SCHEMA, RunFolder, digests_in
from optuna_dnc.runs.schema_types import check_schema
from optuna_dnc.runs.schemas import StoredConfig
from optuna_dnc.runs.source import read_options

if TYPE_CHECKING:
    import torch
    from torch import nn

    from optuna_dnc.data import PreparedData, Preprocessing
    from optuna_dnc.evaluation import EvaluationPanel
    from optuna_dnc.results.predictor import OnProgress, Predictor


class Predicting(ABC):
    """Base class of trained networks and ensembles, which predict for raw samples.

    The first prediction on a device reads and checks the files, and builds the networks. Later
    ones use the same networks, also if the files have changed since; load the object again to
    read them again.
    """

    summary: dict[str, Any]
    """Content of the JSON file that describes it, with the digests of other files."""
    path: Path
    """The folder."""
    family: NetworkFamily

    def predictor(self, device: str = "cpu") -> Predictor:
        """Return the networks on a device with their preprocessing, loaded on the first call."""
        from optuna_dnc.data.devices import choose_device

        chosen = choose_device(device)
        if chosen not in self._predictors:
            self._predictors[chosen] = self._load_predictor(chosen)
        return self._predictors[chosen]

    @property
    @abstractmethod
    def search_path(self) -> Path:
        """Folder of the search that it is from."""

    @property
    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """Name of the data set, costs and test quality, as JSON."""

    @abstractmethod
    def _load_predictor(self, device: torch.device) -> Predictor:
        """Read the files and build the networks."""

    @cached_property
    def _predictors(self) -> dict[torch.device, Predictor]:
        return {}

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields: copies and pickles load their networks themselves."""
        return {name: value for name, value in self.__dict__.items() if name != "_predictors"}

    def predict(
        self, x: Any, device: str = "cpu", *, on_progress: OnProgress | None = None
    ) -> NDArray[np.generic]:
        """Predict for raw samples, shaped and scaled like the training data.

        Samples are predicted in batches, so that memory does not grow with their number.

        Args:
            x: ``(n, *input_shape)``, NumPy array, tensor or nested lists; a data frame or rows by
                name for networks of tables; or the path of a file, which is read as by the
                command ``predict``.
            device: ``auto``, ``cpu``, ``cuda``...
            on_progress: Called after each batch with the number of samples predicted so far.

        Returns:
            Labels ``(n,)``, or ``(n, labels)`` of several, as in the training data, or values in
            the targets' unit for regression.
        """
        return self.predictor(device).predict(x, on_progress)

    def predict_proba(
        self, x: Any, device: str = "cpu", *, on_progress: OnProgress | None = None
    ) -> NDArray[np.float64]:
        """Predict the probability of each class; takes the arguments of :meth:`predict`.

        Returns:
            ``(n, n_classes)``, softmax of the outputs, or the weighted mean of several networks',
            in the order of the sorted classes. For several labels, ``(n, labels)``, sigmoid of the
            outputs: the probability of each label.

        Raises:
            InputError: The task is regression.
        """
        return self.predictor(device).predict_proba(x, on_progress)

    def evaluate(
        self,
        x: Any,
        y: Any = None,
        device: str = "cpu",
        *,
        metric: str | None = None,
        sample_weight: Any = None,
    ) -> EvaluationPanel:
        """Measure the quality on samples with known targets; ``print`` shows all metrics.

        >>> print(result.evaluate(x_new, y_new))

        Args:
            x: ``(n, *input_shape)``, raw samples as for :meth:`predict`. The rows of a data frame
                or a file count by the weights of the search if they have their column.
            y: ``(n,)`` labels, or targets in their unit, ``(n, targets)`` if there are several;
                None if ``x`` is a data frame or a file that has the target columns of the
                training data.
            device: ``auto``, ``cpu``, ``cuda``...
            metric: Main metric, which gets an interval, such as ``roc_auc`` or ``mae``; None for
                that of the search.
            sample_weight: ``(n,)`` numbers of at least 0, by which samples count in all metrics;
                None for the weights in ``x``, if it has any.

        Raises:
            InputError: There are no samples, ``y`` has labels that are not in the training data,
                or the weights do not fit.
        """
        predictor = self.predictor(device)
        return predictor.evaluate(x, y, metric or self.main_metric, sample_weight)

    @property
    def main_metric(self) -> str | None:
        """Metric of the search; None if none was set."""
        settings = self.summary.get("settings", {})
        metric = settings.get("metric") if isinstance(settings, dict) else None
        return metric if isinstance(metric, str) else None


class TrainedNetwork(Predicting):
    """Base class of networks with weights in ``model.safetensors`` and config.json beside them.

    Only methods that need the weights import torch.
    """

    @property
    @override
    def search_path(self) -> Path:
        return self.path

    @property
    @abstractmethod
    def config(self) -> Any:
        """Config of the network, such as an ``MLPConfig``."""

    @property
    @abstractmethod
    def metrics(self) -> NetworkMetrics:
        """Quality and costs of the network."""

    @property
    @override
    def facts(self) -> dict[str, Any]:
        return facts_of(self.summary["dataset"], self.metrics)

    @property
    @abstractmethod
    def file(self) -> Path:
        """Path of the file that :attr:`summary` was read from."""

    @property
    @abstractmethod
    def remedy(self) -> str:
        """How to restore a damaged file, as the end of a sentence."""

    def check_intact(self) -> None:
        """Raise :class:`InputError` if a file that predictions depend on has changed."""
        folder = RunFolder(self.path)
        self._description()
        check_intact(folder.model, digests_in(self.summary), self.remedy)

    def check_size(self) -> None:
        """Raise :class:`InputError` if the network is larger than its weights on the disk.

        Called before it is trained again: a file from elsewhere may describe a network of any
        size. Without weights there is nothing to compare.
        """
        from optuna_dnc.nets.size_check import check_no_larger
        from optuna_dnc.training.weights_header import shapes_in

        folder = RunFolder(self.path)
        if not (folder.model.exists() and folder.config.exists()):
            return
        description = read_config(folder)
        shape, n_outputs = tuple(description["input_shape"]), description["n_outputs"]
        check_no_larger(self.family, self.config, shape, n_outputs, shapes_in(folder.model))

    def model(self, device: str | torch.device = "cpu") -> nn.Module:
        """Build the trained network in eval mode.

        It takes normalized inputs, see :meth:`preprocessing`; :meth:`predict` takes raw ones.

        Raises:
            InputError: A file is damaged; the message has the command that restores it.
        """
        from optuna_dnc.results.predictor import load_network

        folder, description = RunFolder(self.path), self._description()
        return load_network(
            self.family,
            self.config,
            folder.model,
            input_shape=tuple(description["input_shape"]),
            n_outputs=description["n_outputs"],
            digests=digests_in(self.summary),
            remedy=self.remedy,
            device=device,
        )

    def preprocessing(self) -> Preprocessing:
        """Return the mapping from raw to network inputs, and from outputs to labels or values."""
        from optuna_dnc.data import Preprocessing

        return Preprocessing.from_dict(self._description()["preprocessing"])

    def _description(self) -> dict[str, Any]:
        """Return the checked content of config.json."""
        folder = RunFolder(self.path)
        check_intact(folder.config, digests_in(self.summary), self.remedy)
        description = read_config(folder)
        stored = description.get("config")
        # Earlier versions wrote fewer fields, which have their defaults then.
        if stored is not None and self.family.config_from_dict(stored) != self.config:
            raise DamagedFile(folder.config, "it describes another network", self.remedy)
        return description

    @override
    def _load_predictor(self, device: torch.device) -> Predictor:
        from optuna_dnc.results.predictor import Predictor

        options = read_options(RunFolder(self.search_path))
        return Predictor((self.model(device),), (1.0,), self.preprocessing(), device, options)


def facts_of(dataset: str, metrics: NetworkMetrics) -> dict[str, Any]:
    """Return the name of a data set, costs and test quality, as JSON."""
    quality = metrics.quality
    return {
        "dataset": dataset,
        **costs_to_dict(metrics.costs),
        "test_error": quality.test_error,
        "test_accuracy": quality.test_accuracy,
    }


def read_config(folder: RunFolder) -> dict[str, Any]:
    """Read config.json; raise :class:`InputError` if it is damaged."""
    description = read_json(folder.config)
    check_schema(folder.config, description, StoredConfig)
    return description


def network_description(family: NetworkFamily, config: Any, data: PreparedData) -> dict[str, Any]:
    """Return the content of config.json: all that predictions need besides weights."""
    return {
        "schema": SCHEMA,
        "network": name_in_results(family),
        "config": asdict(config),
        "input_shape": list(data.input_shape),
        "n_outputs": data.n_outputs,
        "preprocessing": data.preprocessing.to_dict(),
    }
