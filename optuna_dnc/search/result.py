"""What a search found: the best network, trained, and how it was found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from optuna_dnc._errors import InputError, brief
from optuna_dnc.data import Preprocessing
from optuna_dnc.nets import NetworkFamily, network_family
from optuna_dnc.search.choice import choose_device
from optuna_dnc.search.folder import RunFolder, load_weights, read_json
from optuna_dnc.training import TrainingConfig, on_device, outputs_of

SCHEMA = 1
"""Version of result.json and config.json; see docs/result-files.md."""


@dataclass(frozen=True)
class BestModel:
    """A network of a search, as measured."""

    config: Any
    """The network: ``MLPConfig``, ``CNNConfig`` or the config of your own family."""
    training: TrainingConfig
    """How it was trained."""
    loss: float
    """``log10(error + wc * complexity)``."""
    val_error: float
    """1 - accuracy as a fraction, or MSE over the variance of the training targets."""
    val_accuracy: float | None
    """A fraction; None for regression."""
    test_error: float
    """As ``val_error``, on the test set."""
    test_accuracy: float | None
    """A fraction; None for regression."""
    t_epoch: float
    """Seconds of training per epoch."""
    n_params: int
    """Trainable parameters."""
    stage: str
    trial_number: int

    def to_dict(self) -> dict[str, Any]:
        """As result.json holds it."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return values | {"config": asdict(self.config), "training": self.training.model_dump()}


@dataclass(frozen=True)
class SearchResult:
    """A finished search, or the state in which a time limit ended it."""

    path: Path
    """The run's folder."""
    best: BestModel
    summary: dict[str, Any]
    """result.json as it was read: data set, settings, stages, leading networks, versions."""
    family: NetworkFamily

    @classmethod
    def load(cls, path: str | Path, *, family: NetworkFamily | None = None) -> SearchResult:
        """Open the folder of a search, in any process.

        Args:
            path: The run's folder.
            family: Needed for searches of a network family of your own; the same object or an
                equal one.

        Raises:
            InputError: The folder holds no finished search, or a file of it is damaged.
        """
        folder = RunFolder(path)
        summary = read_summary(folder)
        try:
            family = family or network_family(summary["network"], summary["space"])
            best = dict(summary["best"])
            best["config"] = family.config_from_dict(best["config"])
            best["training"] = TrainingConfig(**best["training"])
            return cls(folder.path, BestModel(**best), summary, family)
        except (KeyError, TypeError) as error:
            raise InputError(f"{folder.result} is damaged: {error}.") from None

    @property
    def complete(self) -> bool:
        """Whether every stage has ended; False after a time limit."""
        return bool(self.summary["complete"])

    def model(self, device: str | torch.device = "cpu") -> nn.Module:
        """The trained network in eval mode.

        It takes normalised inputs; :meth:`predict` takes raw ones, and
        :meth:`preprocessing` normalises them.
        """
        folder = RunFolder(self.path)
        about = read_json(folder.config)
        network = self.family.build(
            self.best.config, tuple(about["input_shape"]), about["n_outputs"]
        )
        try:
            network.load_state_dict(load_weights(folder.model))
        except Exception as error:
            raise InputError(f"{folder.model} cannot be read ({brief(error)}).") from None
        place = torch.device(device)
        return on_device(network, place, channels_last=self.family.channels_last).eval()

    def preprocessing(self) -> Preprocessing:
        """How raw inputs become network inputs, and outputs become labels or values."""
        return Preprocessing.from_dict(read_json(RunFolder(self.path).config)["preprocessing"])

    def predict(self, x: Any, device: str = "cpu") -> NDArray[np.generic]:
        """Predict for raw samples, shaped and scaled like the training data.

        Args:
            x: ``(n, *input_shape)``, NumPy array, tensor or nested lists.
            device: ``auto``, ``cpu``, ``cuda``...

        Returns:
            Labels ``(n,)`` as they were in the training data, or values for regression, in
            the targets' own unit.
        """
        preprocessing = self.preprocessing()
        inputs = preprocessing.transform(x)
        place = choose_device(device)
        return preprocessing.decode(outputs_of(self.model(place), inputs, place))


def read_summary(folder: RunFolder) -> dict[str, Any]:
    """Read result.json; raises :class:`InputError` for one of another version."""
    summary = read_json(folder.result)
    if summary.get("schema") != SCHEMA:
        raise InputError(
            f"{folder.result} has schema {summary.get('schema')!r}, and this version reads "
            f"{SCHEMA}; use the version of optuna_dnc that wrote it."
        )
    return summary
