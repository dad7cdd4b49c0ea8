"""Refit: train the best network of a search again, and test it."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from optuna_dnc._arguments import folder_name
from optuna_dnc._disk_errors import disk_errors_reported
from optuna_dnc._errors import InputError, shown
from optuna_dnc._files import DamagedFile, digest, write_json, write_sealed
from optuna_dnc._locks import claimed
from optuna_dnc._names import check_only_files, readable
from optuna_dnc._version import __version__
from optuna_dnc.data import DatasetSource, PreparedData
from optuna_dnc.data.devices import choose_device
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import CostMeter, NetworkSpec, Quality, Score, costs_to_dict
from optuna_dnc.refit.result import FILE, FOLDER, SCHEMA, Refit, compared, read_refit
from optuna_dnc.results.finished_search import FinishedSearch
from optuna_dnc.results.run_data import data_of_run, prepared_data_of_run, threads_of_run
from optuna_dnc.results.trained_network import network_description
from optuna_dnc.runs.choice import answer_summary
from optuna_dnc.runs.folder import RunFolder, check_free
from optuna_dnc.runs.identity import differences
from optuna_dnc.runs.options import RunOptions
from optuna_dnc.runs.records import configuration_key, training_seed
from optuna_dnc.runs.run import read_settings
from optuna_dnc.training import CheckpointError, FitResult, TrainingConfig, train_network
from optuna_dnc.training.all_samples import train_on_all
from optuna_dnc.training.calibration import calibrated, temperature_of
from optuna_dnc.training.checkpoints import CHECKPOINT_EVERY, Checkpoint
from optuna_dnc.training.config import check_suits
from optuna_dnc.training.train import on_test_set
from optuna_dnc.training.weights import Weights, save_weights
from optuna_dnc.training.weights_header import temperature_in

UNFINISHED = ".unfinished"
"""Folder of the checkpoints while the network is trained."""


class RefitOptions(RunOptions, total=False):
    """Keyword arguments of :func:`refit`."""

    training: Mapping[str, Any] | None
    all_samples: bool
    data: DatasetSource | None
    on_epoch: Callable[[FitResult], None] | None


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
    """Train the network of a search once more: for longer, or in another way.

    A search trains its best network again on all samples at the end, as it was trained in the
    search. A refit may have other epochs and training hyperparameters, and starts from the same
    initial weights. The network of the search is kept. Call it again to resume after an
    interruption; once it is done, the same call trains nothing.

    >>> refit("runs/digits", 100, training={"optimizer": "sgd", "lr": 0.05, "schedule": "cosine"})

    Args:
        run: Result of a search, or its folder.
        epochs: Number of epochs; None for the most that a training of the search could have.
        training: Fields of :class:`optuna_dnc.training.TrainingConfig` that differ from the
            search.
        all_samples: Whether to train on the validation samples, too, and keep the weights of the
            last epoch. False holds them out as the search did, and keeps those of the best epoch.
        data: Data of the search; only needed if they were in memory or their file has moved.
        data_root: Folder of torchvision's data sets.
        out: Folder of the network; None for ``refit`` in the run's folder. A network with other
            settings is not overwritten.
        device: Device to train on: ``auto``, ``cpu``, ``cuda``...
        on_epoch: Called after each epoch, see :func:`optuna_dnc.training.fit`.

    Returns:
        The network, loaded from ``out``.

    Raises:
        InputError: An argument is invalid, the data are not those of the search, or the training
            diverged.
    """
    result = FinishedSearch.of(run)
    training = {**(training or {}), **({} if epochs is None else {"epochs": epochs})}
    config = _changed(result.answer.training, training)
    if all_samples and training.get("patience") is not None:
        raise InputError(
            f"patience must be None without validation samples, got "
            f"{shown(training['patience'])}; drop it, or hold the validation samples out "
            "(all_samples=False)."
        )
    settings = read_settings(RunFolder(result.path))
    request = {
        **{name: settings[name] for name in ("data", "seed", "val_fraction")},
        "all_samples": all_samples,
        "config": answer_summary(result.summary)["best"]["config"],
        "training": config.model_dump(),
    }
    folder = result.path / FOLDER if out is None else Path(folder_name("out", out))
    done = _done(folder, request, result.family)
    if done is not None and not (folder / UNFINISHED).exists():
        return done
    result.check_size()
    dataset = data_of_run(result.path, settings, data, data_root)
    check_suits({name: getattr(config, name) for name in training}, dataset)
    torch_device = choose_device(device)
    prepared = prepared_data_of_run(settings, result.family, dataset, torch_device)
    lock, threads = claimed(folder, "training"), threads_of_run(settings, result.family, dataset)
    with disk_errors_reported(folder), lock, threads:
        check_only_files(folder / UNFINISHED)
        (folder / UNFINISHED).mkdir(exist_ok=True)
        if done is None:
            trainer = _Trainer(result, prepared, config, request, folder, on_epoch)
            weights, measured = trainer.on_all() if all_samples else trainer.on_a_part()
            files = RunFolder(folder)
            save_weights(files.model, weights)
            write_json(files.config, network_description(result.family, result.config, prepared))
            summary = _summary(result, prepared) | {"asked": request, "measured": measured}
            digests = {path.name: digest(path) for path in (files.config, files.model)}
            write_sealed(folder / FILE, summary | {"files": digests})
        network = Refit.load(folder, family=result.family)
        network.write_card(settings, compared(network, result, prepared))
        # Until here, a killed process leaves it: then the card has to be written.
        shutil.rmtree(folder / UNFINISHED, ignore_errors=True)
    return network


def _changed(was: TrainingConfig, training: Mapping[str, Any]) -> TrainingConfig:
    """Return the training with some fields changed; restarts keep their share of the epochs."""
    config = TrainingConfig(**was.model_dump() | dict(training))
    if "restart_period" in training:
        return config
    return config.model_copy(update={"restart_period": was.over(config.epochs).restart_period})


def _done(folder: Path, request: dict[str, Any], family: NetworkFamily) -> Refit | None:
    """Return the requested network if the folder holds it intact; refuse other content."""
    holds = (folder / FILE).exists()
    # A process that was killed leaves files without refit.json.
    check_free(folder, "refitted network", holds=holds or (folder / UNFINISHED).exists())
    if holds:
        if different := differences(read_refit(folder)["asked"], request):
            raise InputError(
                f"out: {folder} holds a network that was trained with other settings: "
                f"{different}. Choose "
                "another folder with out=, or repeat the settings."
            )
        done = Refit.load(folder, family=family)
        try:
            done.model()
        except DamagedFile as error:
            warnings.warn(
                f"{error.path} is damaged ({error.reason}); it is trained again.", stacklevel=4
            )
            return None
        return done
    return None


class _Trainer:
    """Training of a refit, resumed from its checkpoint if there is one, with its measurement."""

    def __init__(
        self,
        result: FinishedSearch,
        data: PreparedData,
        training: TrainingConfig,
        request: dict[str, Any],
        folder: Path,
        on_epoch: Callable[[FitResult], None] | None,
    ) -> None:
        self.family, self.config = result.family, result.config
        self.data, self.training, self.on_epoch = data, training, on_epoch
        # The same initial weights as in the search.
        network = self.family.with_members(self.config, 1)
        key = configuration_key(self.family.name, network, result.answer.training)
        self.seed = training_seed(request["seed"], key)
        # A mean of networks is less confident than each of them.
        kept = temperature_in(RunFolder(result.path).checkpoint(key))
        self.temperature = kept if kept and network == self.config else 1.0
        name = configuration_key(self.family.name, self.config, training)[:16]
        part = "all" if request["all_samples"] else "part"
        owner = {"network": self.family.name, "config": asdict(self.config)}
        self.checkpoint = Checkpoint(
            folder / UNFINISHED / f"{part}-{name}", owner, CHECKPOINT_EVERY
        )
        spec = NetworkSpec(self.family, self.config, data.input_shape, data.n_outputs)
        self.costs = CostMeter(spec, result.summary["penalize"])

    def on_all(self) -> tuple[Weights, dict[str, Any]]:
        """Train on the validation samples, too; return the weights of the last epoch.

        They are calibrated by the temperature of the search: no samples are held out.
        """
        network, result = self._restarted_if_damaged(
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
        weights = self._calibrated(network.state_dict(), self.temperature)
        return weights, self._measured(weights, result, n_samples, val=None)

    def on_a_part(self) -> tuple[Weights, dict[str, Any]]:
        """Train on the training samples; return the weights of the best epoch."""
        result = self._restarted_if_damaged(
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
        every = result.weights, *result.weights_of_folds
        temperature = temperature_of(self.family, self.config, self.data, every)
        weights = self._calibrated(result.weights, temperature)
        n_samples = self.data.n_train
        val = result.measurement(self.costs(result)).score
        return weights, self._measured(weights, result, n_samples, val=val)

    def _calibrated(self, weights: Weights, temperature: float) -> Weights:
        return calibrated(self.family, self.config, self.data, weights, temperature)

    def _restarted_if_damaged(self, train: Callable[[], Any]) -> Any:
        try:
            return train()
        except CheckpointError as error:
            warnings.warn(f"{error} The training starts again.", stacklevel=2)
            self.checkpoint.delete()
            return train()

    def _diverged(self, result: FitResult) -> InputError:
        return InputError(
            f"training: the loss became NaN or infinite in epoch {len(result.epochs)} with lr "
            f"{self.training.lr:g}; lower lr."
        )

    def _measured(
        self,
        weights: Weights,
        result: FitResult,
        n_samples: int,
        *,
        val: Score | None,
    ) -> dict[str, Any]:
        quality = Quality(val, on_test_set(self.family, self.config, weights, self.data))
        return {
            "n_samples": n_samples,
            "epochs_run": len(result.epochs),
            **quality.to_dict(),
            **costs_to_dict(self.costs(result)),
        }


def _summary(result: FinishedSearch, data: PreparedData) -> dict[str, Any]:
    summary, best = answer_summary(result.summary), result.answer
    last = summary.get("refit") or {"is_kept": False}
    return {
        "schema": SCHEMA,
        **{name: summary[name] for name in ("dataset", "task", "network", "space")},
        "search": {
            "path": readable(str(result.path.absolute())),
            "n_samples": last["n_samples"] if last["is_kept"] else data.n_train,
            "epochs": last["epochs"] if last["is_kept"] else best.training.epochs,
            "training": summary["best"]["training"],
            **best.quality.to_dict(),
        },
        "versions": {"optuna_dnc": __version__, "torch": torch.__version__},
    }
