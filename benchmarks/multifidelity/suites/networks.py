"""Networks on real data sets: validation error after each epoch, 27 in all.

A subset of each data set, and CIFAR-10 at half its resolution, so that an epoch takes some ten
milliseconds on one thread, of a CNN some hundred. ``cifar_cnn_whole`` takes all of the file as it
is, a second or two an epoch. Whole small tables take some five milliseconds an epoch. What is
``_long`` trains for 81 epochs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from optuna.trial import BaseTrial

from benchmarks.multifidelity.suites.curves import Curves
from benchmarks.multifidelity.suites.problem import Params, Problem
from optuna_dnc.data import DatasetSource, PreparedData, load_dataset, prepare
from optuna_dnc.nets import CNNConfig, CNNFamily, MLPConfig, MLPFamily, NetworkFamily
from optuna_dnc.training import TrainingConfig

VALIDATION = 0.4


class Source(NamedTuple):
    """Where the samples of a problem come from, and what is kept of them."""

    name: str
    n_train: int | None
    """Training samples, None for all; four in ten of them are for validation."""
    halved: bool = False
    """Whether images lose half their height and width."""
    epochs: int = 27
    """Of a full training."""
    high: float | None = None
    """See :attr:`Problem.high`."""


SMALL_TABLES = {"vowel": "csv/Vowel.csv", "vehicle": "csv/Vehicle.csv", "digits": "digits"}

SOURCES = {
    "letter_mlp": Source("letter.npz", 5_000),
    "fashion_mlp": Source("fashion-mnist", 4_000),
    "adult_mlp": Source("adult.npz", 5_000),
    "shuttle_mlp": Source("shuttle.npz", 5_000),
    **{
        f"{table}_mlp{ending}": Source(name, None, epochs=epochs)
        for table, name in SMALL_TABLES.items()
        for ending, epochs in (("", 27), ("_long", 81))
    },
    "cifar_cnn": Source("cifar10-10k.npz", 4_000, halved=True),
    # The error of a guess: a hundred random networks would train for much of an hour.
    "cifar_cnn_long": Source("cifar10-10k.npz", 4_000, halved=True, epochs=81, high=0.9),
    "cifar_cnn_whole": Source("cifar10-10k.npz", 10_000, high=0.9),
}


def problem(name: str, data: Path) -> Problem:
    """One of :data:`SOURCES`."""
    source = SOURCES[name]
    mlp = "_mlp" in name
    curves = Curves(
        name,
        load=partial(_load, source, data, MLPFamily() if mlp else CNNFamily()),
        configure=_mlp if mlp else _cnn,
        epochs=source.epochs,
    )
    suggest: Callable[[BaseTrial], Params] = _suggest_mlp if mlp else _suggest_cnn
    return Problem(
        name=name,
        suggest=suggest,
        run=curves.run,
        final=curves.final,
        max_resource=source.epochs,
        high=source.high,
    )


def _load(source: Source, data: Path, family: NetworkFamily) -> tuple[PreparedData, NetworkFamily]:
    torch.set_num_threads(1)
    found = load_dataset(
        _where(source.name, data),
        data_root=data / "torchvision",
        max_train=source.n_train,
        seed=0,
    )
    if source.halved:
        found = replace(found, x_train=_halved(found.x_train), x_test=_halved(found.x_test))
    return prepare(found, val_fraction=VALIDATION, seed=0, device="cpu"), family


def _where(name: str, data: Path) -> DatasetSource:
    if name.endswith(".csv"):
        table = pd.read_csv(data / name)
        return table.drop(columns="Class").to_numpy(np.float32), table["Class"].to_numpy(str)
    return data / name if name.endswith(".npz") else name


def _halved(images: NDArray[Any]) -> NDArray[np.uint8]:
    """Bytes (n, channels, 2 h, 2 w) to their means over 2 x 2 pixels."""
    n, channels, height, width = images.shape
    blocks = images.reshape(n, channels, height // 2, 2, width // 2, 2)
    return blocks.mean(axis=(3, 5)).round().astype(np.uint8)


def _suggest_training(trial: BaseTrial) -> Params:
    return {
        "lr": trial.suggest_float("lr", 1e-4, 1e-1, log=True),
        "weight_decay": trial.suggest_float("weight_decay", 1e-6, 1e-2, log=True),
        "batch_size": trial.suggest_int("batch_size", 32, 512, log=True),
    }


def _suggest_mlp(trial: BaseTrial) -> Params:
    n_layers = trial.suggest_int("n_layers", 1, 3)
    widths = {
        f"width_{i}": trial.suggest_int(f"width_{i}", 16, 128, log=True) for i in range(n_layers)
    }
    return {
        "n_layers": n_layers,
        **widths,
        "activation": trial.suggest_categorical("activation", ["relu", "tanh", "sigmoid"]),
        "dropout": trial.suggest_float("dropout", 0.0, 0.5),
        **_suggest_training(trial),
    }


def _mlp(params: Params) -> tuple[MLPConfig, TrainingConfig]:
    widths = tuple(params[f"width_{i}"] for i in range(params["n_layers"]))
    return MLPConfig(widths, params["activation"], params["dropout"]), _training(params)


def _training(params: Params) -> TrainingConfig:
    return TrainingConfig(
        lr=params["lr"], weight_decay=params["weight_decay"], batch_size=params["batch_size"]
    )


def _suggest_cnn(trial: BaseTrial) -> Params:
    n_layers = trial.suggest_int("n_layers", 2, 4)
    channels = {
        f"channels_{i}": trial.suggest_int(f"channels_{i}", 8, 32, log=True)
        for i in range(n_layers)
    }
    return {
        "n_layers": n_layers,
        **channels,
        "activation": trial.suggest_categorical("activation", ["relu", "tanh", "sigmoid"]),
        "batch_norm": trial.suggest_categorical("batch_norm", [False, True]),
        "dropout": trial.suggest_float("dropout", 0.0, 0.5),
        **_suggest_training(trial),
    }


def _cnn(params: Params) -> tuple[CNNConfig, TrainingConfig]:
    n = params["n_layers"]
    config = CNNConfig(
        channels=tuple(params[f"channels_{i}"] for i in range(n)),
        kernel_sizes=(3,) * n,
        # Halved before the first convolution ends: an epoch is to take a fraction of a second.
        downsampling=("stride", "stride", "stride", "none")[:n],
        batch_norm=(params["batch_norm"],) * n,
        dropout=(params["dropout"],) * n,
        activation=params["activation"],
    )
    return config, _training(params)
