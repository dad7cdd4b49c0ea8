"""Train the best network of a search once more, and test it."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from optuna_dnc._arguments import folder_name
from optuna_dnc._disk_errors import disk_errors_told
from optuna_dnc._errors import InputError, shown
from optuna_dnc._files import (
    DamagedFile,
    digest,
    warn_if_changed,
    write_json,
    write_sealed,
)
from optuna_dnc._locks import claimed
from optuna_dnc._names import readable
from optuna_dnc._version import __version__
from optuna_dnc.data import DatasetSource, PreparedData
from optuna_dnc.data.devices import choose_device
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import CostMeter, NetworkSpec, Quality, costs_to_dict
from optuna_dnc.refit.result import FILE, FOLDER, SCHEMA, Refit, read_refit
from optuna_dnc.results.finished_search import FinishedSearch
from optuna_dnc.results.run_data import data_of_run, prepared_data_of_run, threads_of_run
from optuna_dnc.results.trained_network import about_network
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.identity import MOST_SHOWN, differences
from optuna_dnc.runs.records import configuration_key, training_seed
from optuna_dnc.runs.run import read_settings
from optuna_dnc.training import (
    CheckpointError,
    FitResult,
    TrainingConfig,
    train_network,
)
from optuna_dnc.training.all_samples import train_on_all
from optuna_dnc.training.checkpoints import Checkpoint
from optuna_dnc.training.suiting import check_suits
from optuna_dnc.training.test_set import on_test_set
from optuna_dnc.training.weights import save_weights

CHECKPOINT_EVERY = 10
"""Epochs between checkpoints."""

UNFINISHED = ".unfinished"
"""Holds the checkpoints of a folder whose network is being trained."""


def refit(
    run: FinishedSearch | str | Path,
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

    >>> refit("runs/digits", 100, training={"optimizer": "sgd", "lr": 0.05, "schedule": "cosine"})

    Args:
        run: The search, or its folder.
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
    result = run if isinstance(run, FinishedSearch) else FinishedSearch.load(run)
    training = {**(training or {}), **({} if epochs is None else {"epochs": epochs})}
    config = _changed(result.best.training, training)
    if all_samples and training.get("patience") is not None:
        raise InputError(
            f"patience: it was given as {shown(training['patience'])}, but with all samples "
            "trained on there is no validation error to wait for; leave it out, or hold the "
            "validation samples out (all_samples=False)."
        )
    warn_if_changed(result.file, result.summary)
    settings = read_settings(RunFolder(result.path))
    asked = {
        **{name: settings[name] for name in ("data", "seed", "val_fraction")},
        "all_samples": all_samples,
        "config": result.summary["best"]["config"],
        "training": config.model_dump(),
    }
    folder = result.path / FOLDER if out is None else Path(folder_name("out", out))
    if (done := _done(folder, asked, result.family)) is not None:
        return done
    result.check_size()
    dataset = data_of_run(result.path, settings, data, data_root)
    check_suits({name: getattr(config, name) for name in training}, dataset)
    place = choose_device(device)
    prepared = prepared_data_of_run(settings, result.family, dataset, place)
    busy, threads = claimed(folder, "training"), threads_of_run(settings, result.family, dataset)
    with disk_errors_told(folder), busy, threads:
        (folder / UNFINISHED).mkdir(exist_ok=True)
        trainer = _Trainer(result, prepared, config, asked, folder, on_epoch)
        weights, measured = trainer.on_all() if all_samples else trainer.on_a_part()
        files = RunFolder(folder)
        save_weights(files.model, weights)
        write_json(files.config, about_network(result.family, result.best.config, prepared))
        about = _about(result, prepared) | {"asked": asked, "measured": measured}
        digests = {path.name: digest(path) for path in (files.config, files.model)}
        write_sealed(folder / FILE, about | {"files": digests})
        shutil.rmtree(folder / UNFINISHED)
    return Refit.load(folder, family=result.family)


def _changed(was: TrainingConfig, training: Mapping[str, Any]) -> TrainingConfig:
    """How it was trained but for what is given; restarts at the same shares of the epochs."""
    config = TrainingConfig(**was.model_dump() | dict(training))
    if "restart_period" in training:
        return config
    return config.model_copy(update={"restart_period": was.over(config.epochs).restart_period})


def _done(folder: Path, asked: dict[str, Any], family: NetworkFamily) -> Refit | None:
    """What is asked for, if it lies there whole; refuses a folder with something else."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"out: {folder} is a file; choose a folder for the network.")
    if (folder / FILE).exists():
        before = read_refit(folder)["asked"]
        if found := differences(before, asked):
            raise InputError(
                f"out: {folder} holds a network that was trained otherwise: "
                f"{'; '.join(found[:MOST_SHOWN])}. Choose another folder with out=, or repeat "
                "the settings."
            )
        done = Refit.load(folder, family=family)
        try:
            done.model()
        except DamagedFile as error:
            warnings.warn(f"{error.path} is damaged ({error.reason}); trained anew.", stacklevel=4)
            return None
        # Of a process that was killed between its last two steps.
        shutil.rmtree(folder / UNFINISHED, ignore_errors=True)
        return done
    # A process that was killed has left files without refit.json; other people's have their names.
    is_ours = (folder / UNFINISHED).exists()
    if (
        not is_ours
        and folder.exists()
        and any(not p.name.startswith(".") for p in folder.iterdir())
    ):
        raise InputError(
            f"out: {folder} is not empty and holds no network that was trained again; choose "
            "another folder."
        )
    return None


class _Trainer:
    """One training, from a checkpoint where there is one, and what is measured of it."""

    def __init__(
        self,
        result: FinishedSearch,
        data: PreparedData,
        training: TrainingConfig,
        asked: dict[str, Any],
        folder: Path,
        on_epoch: Callable[[FitResult], None] | None,
    ) -> None:
        self.family, self.config = result.family, result.best.config
        self.data, self.training, self.on_epoch = data, training, on_epoch
        # The initial weights are those that won the search.
        key = configuration_key(self.family.name, self.config, result.best.training)
        self.seed = training_seed(asked["seed"], key)
        name = configuration_key(self.family.name, self.config, training)[:16]
        part = "all" if asked["all_samples"] else "part"
        owner = {"network": self.family.name, "config": asdict(self.config)}
        self.checkpoint = Checkpoint(
            folder / UNFINISHED / f"{part}-{name}", owner, CHECKPOINT_EVERY
        )

        spec = NetworkSpec(self.family, self.config, data.input_shape, data.n_outputs)
        self.costs = CostMeter(spec, result.summary["penalize"])

    def on_all(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
        """Weights of the last epoch, trained on the validation samples too."""
        network, result = self._begun_anew_if_damaged(
            lambda: train_on_all(
                self.family,
                self.config,
                self.data,
                self.training,
                seed=self.seed,
                on_epoch=self.on_epoch,
                checkpoint=self.checkpoint,
            )
        )
        if not result.epochs[-1].is_usable:
            raise self._diverged(result)
        n_samples = self.data.n_train + self.data.n_val
        weights = network.state_dict()
        return weights, self._measured(weights, result, n_samples, val_error=None)

    def on_a_part(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
        """Weights of the epoch with the lowest validation error."""
        result = self._begun_anew_if_damaged(
            lambda: train_network(
                self.family,
                self.config,
                self.data,
                self.training,
                seed=self.seed,
                on_epoch=self.on_epoch,
                checkpoint=self.checkpoint.folder,
                checkpoint_every=CHECKPOINT_EVERY,
            )
        )
        if not result.weights:
            raise self._diverged(result)
        weights, n_samples = result.weights, self.data.n_train
        return weights, self._measured(weights, result, n_samples, val_error=result.error)

    def _begun_anew_if_damaged(self, train: Callable[[], Any]) -> Any:
        try:
            return train()
        except CheckpointError as error:
            warnings.warn(f"{error} The training begins anew.", stacklevel=2)
            self.checkpoint.delete()
            return train()

    def _diverged(self, result: FitResult) -> InputError:
        return InputError(
            f"training: the loss became NaN or infinite in epoch {len(result.epochs)} with lr "
            f"{self.training.lr:g}; give a lower lr."
        )

    def _measured(
        self,
        weights: dict[str, torch.Tensor],
        result: FitResult,
        n_samples: int,
        *,
        val_error: float | None,
    ) -> dict[str, Any]:
        test_error = on_test_set(self.family, self.config, weights, self.data)
        quality = Quality(val_error, test_error, self.data.task == "classification")
        return {
            "n_samples": n_samples,
            "epochs_run": len(result.epochs),
            **quality.to_dict(),
            **costs_to_dict(self.costs(result)),
        }


def _about(result: FinishedSearch, data: PreparedData) -> dict[str, Any]:
    summary, best = result.summary, result.best
    return {
        "schema": SCHEMA,
        **{name: summary[name] for name in ("dataset", "task", "network", "space")},
        "search": {
            "path": readable(str(result.path)),
            "n_samples": data.n_train,
            "epochs": best.training.epochs,
            "training": summary["best"]["training"],
            **best.quality.to_dict(),
        },
        "versions": {"optuna_dnc": __version__, "torch": torch.__version__},
    }
