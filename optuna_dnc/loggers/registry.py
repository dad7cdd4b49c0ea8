"""Loggers by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from optuna_dnc._arguments import words
from optuna_dnc._errors import InputError, shown
from optuna_dnc._registry import Registry
from optuna_dnc.loggers.trial_logger import TrialLogger


def _check(name: str, logger: Any) -> type[TrialLogger]:
    if not (isinstance(logger, type) and issubclass(logger, TrialLogger)):
        raise InputError(f"log {name!r} must be a TrialLogger, got {shown(logger)}; change it.")
    return logger


LOGGERS = Registry[type[TrialLogger]](
    "log",
    "optuna_dnc.loggers",
    {
        "mlflow": "optuna_dnc.loggers.mlflow_logger:MLflowLogger",
        "tensorboard": "optuna_dnc.loggers.tensorboard_logger:TensorBoardLogger",
        "wandb": "optuna_dnc.loggers.wandb_logger:WandbLogger",
    },
    _check,
)


def create_loggers(
    names: str | Sequence[str], folder: Path, dataset: str
) -> tuple[TrialLogger, ...]:
    """Create the loggers of a search.

    Args:
        names: Registered names; a single one may be given bare.
        folder: Folder of the run.
        dataset: Name of the data set.

    Raises:
        InputError: A name is unknown, or its package is not installed.
    """
    return tuple(LOGGERS[name].of_run(folder, dataset) for name in words("log", names))
