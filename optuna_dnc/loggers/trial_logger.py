"""Base class of loggers of trials, and loggers by name."""

from __future__ import annotations

import importlib
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial
from typing_extensions import Self

from optuna_dnc._arguments import words
from optuna_dnc._errors import InputError, brief, shown
from optuna_dnc._registry import Registry
from optuna_dnc.loggers.logged_trial import LoggedTrial
from optuna_dnc.results.finished_search import FinishedSearch


class TrialLogger(ABC):
    """Callback of a search that logs each trial, and the result, to an experiment tracker.

    A tracker that fails does not end the search: it is warned of once.
    """

    def __init__(self) -> None:
        self._has_failed = False

    @classmethod
    @abstractmethod
    def of_run(cls, folder: Path, dataset: str) -> Self:
        """Create the logger of a search, with the usual project.

        Args:
            folder: Folder of the run.
            dataset: Name of the data set.
        """

    @abstractmethod
    def log(self, trial: LoggedTrial) -> None:
        """Log a trial."""

    def log_result(self, result: LoggedTrial) -> None:
        """Log the final network of a search; by default as :meth:`log` does with a trial."""
        self.log(result)

    def __call__(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Log a trial that has ended."""
        self._try(lambda: self.log(LoggedTrial.of(study, trial)))

    def end(self, result: FinishedSearch) -> None:
        """Log the result of a search that has ended."""
        self._try(lambda: self.log_result(LoggedTrial.of_result(result)))

    def _try(self, log: Callable[[], None]) -> None:
        try:
            log()
        except Exception as error:  # of any kind: the tracker is not ours
            if not self._has_failed:
                warnings.warn(
                    f"{type(self).__name__} cannot log ({type(error).__name__}: {brief(error)}); "
                    "the search goes on.",
                    stacklevel=3,
                )
            self._has_failed = True


def required(module: str) -> Any:
    """Import the module of a tracker, which is also the name of the extra that installs it.

    Raises:
        InputError: It cannot be imported.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise InputError(
            f"log: {module!r} cannot be imported ({brief(error)}); run: "
            f"pip install 'optuna-dnc[{module}]'"
        ) from None


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
