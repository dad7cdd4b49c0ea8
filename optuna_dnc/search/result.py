"""What a search found: the best network, trained, and how it was found."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optuna.storages import BaseStorage

from optuna_dnc._errors import brief
from optuna_dnc._files import DamagedFile
from optuna_dnc.data import DatasetSource
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.registry import family_of_result
from optuna_dnc.search.command import command_of_result
from optuna_dnc.search.folder import RunFolder, read_summary
from optuna_dnc.search.repr import html_of_result
from optuna_dnc.search.trained_network import TrainedNetwork
from optuna_dnc.training import TrainingConfig

if TYPE_CHECKING:
    from optuna_dnc.search.ensemble import Ensemble
    from optuna_dnc.search.ensemble_members import OnMember
    from optuna_dnc.search.refit import Refit
    from optuna_dnc.training import FitResult


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
class SearchResult(TrainedNetwork):
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
            family = family or family_of_result(summary["network"], summary["space"])
            best = dict(summary["best"])
            best["config"] = family.config_from_dict(best["config"])
            best["training"] = TrainingConfig(**best["training"])
            return cls(folder.path, BestModel(**best), summary, family)
        except (KeyError, TypeError) as error:
            raise DamagedFile(folder.result, brief(error)) from None

    def _repr_html_(self) -> str:
        return html_of_result(self)

    @property
    def config(self) -> Any:
        """The best network: ``MLPConfig``, ``CNNConfig`` or the config of your own family."""
        return self.best.config

    @property
    def file(self) -> Path:
        return RunFolder(self.path).result

    @property
    def remedy(self) -> str:
        folder = RunFolder(self.path)
        command = command_of_result(self.summary)
        if command is None:
            return "run the same search again, which writes it anew"
        elsewhere = " --storage URL" if folder.is_stored_elsewhere else ""
        return f"write it anew with: {command} --out {shlex.quote(str(self.path))}{elsewhere}"

    @property
    def facts(self) -> dict[str, Any]:
        best = self.best
        return {
            "dataset": self.summary["dataset"],
            "n_params": best.n_params,
            "test_error": best.test_error,
            "test_accuracy": best.test_accuracy,
        }

    @property
    def complete(self) -> bool:
        """Whether every stage has ended; False after a time limit."""
        return bool(self.summary["complete"])

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

    def refit(
        self,
        epochs: int | None = None,
        *,
        training: Mapping[str, Any] | None = None,
        all_samples: bool = True,
        data: DatasetSource | None = None,
        data_root: str | Path | None = None,
        out: str | Path | None = None,
        device: str = "auto",
        on_epoch: Callable[[FitResult], None] | None = None,
    ) -> Refit:
        """Train the best network once more, before it is used: longer, or on all samples.

        A search trains many networks for few epochs and holds samples out to compare them. The
        one that won deserves more. It begins with the weights that it began with in the search.
        An interrupted call goes on; the same call again trains nothing.

        >>> result.refit(100, training={"optimizer": "sgd", "lr": 0.05, "schedule": "cosine"})

        Args:
            epochs: To train; those of the search if left out.
            training: Other fields of :class:`optuna_dnc.training.TrainingConfig` that are not to
                be as in the search.
            all_samples: Train on the validation samples too, and keep the last epoch's weights.
                False holds them out as the search did, and keeps those of the best epoch.
            data: The data of the search; may be left out for those that are known by name.
            data_root: Where torchvision's data sets lie.
            out: Folder of the network; ``refit`` in the run's folder if left out. One that was
                trained otherwise is not overwritten.
            device: Where to train: ``auto``, ``cpu``, ``cuda``...
            on_epoch: See :func:`optuna_dnc.training.fit`.

        Raises:
            InputError: Something given is wrong, the data are not those of the search, or the
                training diverged.
        """
        from optuna_dnc.search.refitting import refit_network

        return refit_network(
            self,
            training={**(training or {}), **({} if epochs is None else {"epochs": epochs})},
            all_samples=all_samples,
            data=data,
            data_root=data_root,
            out=out,
            device=device,
            on_epoch=on_epoch,
        )
