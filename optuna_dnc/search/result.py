"""What a search found: the best network, trained, and how it was found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from optuna.storages import BaseStorage
from torch import nn

from optuna_dnc._errors import InputError
from optuna_dnc.data import DatasetSource, Preprocessing
from optuna_dnc.nets import NetworkFamily, network_family
from optuna_dnc.search.choice import choose_device
from optuna_dnc.search.folder import RunFolder, read_json, read_versioned
from optuna_dnc.search.predictor import OnProgress, Predictor
from optuna_dnc.search.repr import html_of_result
from optuna_dnc.search.saved_network import load_network
from optuna_dnc.training import TrainingConfig

if TYPE_CHECKING:
    from optuna_dnc.search.ensemble import Ensemble
    from optuna_dnc.search.ensemble_members import OnMember

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
    test_error: float | None
    """As ``val_error``, on the test set; None where there is none."""
    test_accuracy: float | None
    """A fraction; None for regression, and without a test set."""
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

    def _repr_html_(self) -> str:
        return html_of_result(self)

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
        try:
            return load_network(
                self.family,
                self.best.config,
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

    def ensemble(
        self,
        top: int = 5,
        *,
        greedy: bool = False,
        snapshots: int | None = None,
        data: DatasetSource | None = None,
        data_root: str | Path | None = None,
        storage: str | BaseStorage | None = None,
        out: str | Path | None = None,
        device: str = "auto",
        on_member: OnMember | None = None,
    ) -> Ensemble:
        """Let several networks of the search predict together.

        A search keeps the weights of its best network alone: the other leaders are trained again,
        with their seeds, and kept with the ensemble. What is kept is never trained again, also
        not for an ensemble of another size, and an interrupted call goes on. The members are
        chosen by the validation samples; the test set is for the report alone.

        Args:
            top: Leading networks to take, or, with ``greedy``, to choose from; all that there
                are, where there are fewer.
            greedy: Choose the members and their weights by greedy selection (Caruana et al.,
                ICML 2004) instead of taking all with the same weight.
            snapshots: Instead of the leaders, take so many snapshots of the best network, trained
                once more with a learning rate that starts anew after each (Huang et al., ICLR
                2017), in no more epochs than the search gave it.
            data: The data of the search; may be left out for those that are known by name.
            data_root: Where torchvision's data sets lie.
            storage: As given to the search; None for the study.db of the folder.
            out: Folder of the ensemble; ``ensemble`` in the run's folder if left out. An ensemble
                of the same search that is there is replaced by this one.
            device: Where to train: ``auto``, ``cpu``, ``cuda``...
            on_member: Called after each epoch with an
                :class:`optuna_dnc.search.MemberProgress`.

        Raises:
            InputError: Something given is wrong, or the data are not those of the search.
        """
        from optuna_dnc.search.ensemble_building import Choice, build_ensemble

        return build_ensemble(
            self,
            Choice(top, greedy, snapshots),
            data=data,
            data_root=data_root,
            storage=storage,
            out=out,
            device=device,
            on_member=on_member,
        )


def read_summary(folder: RunFolder) -> dict[str, Any]:
    """Read result.json; raises :class:`InputError` for one of another version."""
    return read_versioned(folder.result, SCHEMA)
