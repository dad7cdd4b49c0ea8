"""Refitted network: the best network of a search, trained again, and its refit.json."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field
from typing_extensions import override

from optuna_dnc._errors import InputError, brief
from optuna_dnc._files import DamagedFile
from optuna_dnc._markdown import counted
from optuna_dnc.data import PreparedData, Task
from optuna_dnc.evaluation import Comparison
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.registry import family_of_result
from optuna_dnc.objectives import NetworkMetrics, metrics_from_dict
from optuna_dnc.results.answers import panel_on
from optuna_dnc.results.card import CardFacts, write_card
from optuna_dnc.results.finished_search import FinishedSearch
from optuna_dnc.results.trained_network import TrainedNetwork
from optuna_dnc.runs.choice import answer_summary
from optuna_dnc.runs.command import refit_command
from optuna_dnc.runs.folder import RunFolder, intact_summary
from optuna_dnc.runs.schema_types import (
    Count,
    Fraction,
    Json,
    Measured,
    Name,
    Stored,
    Text,
    read_stored,
)
from optuna_dnc.runs.schemas import StoredCosts, StoredScores, StoredTraining
from optuna_dnc.training import TrainingConfig, outputs_of

SCHEMA = 1
"""Version of refit.json; see docs/refit.md."""

FOLDER = "refit"
"""Default folder in that of the run."""

FILE = "refit.json"


@dataclass(frozen=True, kw_only=True)
class Refit(TrainedNetwork, NetworkMetrics):
    """Best network of a search, trained again by :func:`optuna_dnc.refit.refit`."""

    path: Path
    """Folder with refit.json, config.json and the weights."""
    network: Any
    """Config of the network, such as an ``MLPConfig``."""
    training: TrainingConfig
    """Training hyperparameters."""
    n_samples: int
    """Number of training samples."""
    epochs_run: int
    """Number of epochs trained."""
    summary: dict[str, Any]
    """refit.json as it was read."""
    family: NetworkFamily

    @classmethod
    def load(cls, path: str | Path, *, family: NetworkFamily | None = None) -> Refit:
        """Load a refitted network.

        Args:
            path: Its folder, or that of the run.
            family: Network family of the search, if it is not registered.

        Raises:
            InputError: The folder holds no refitted network, or a file is damaged.
        """
        folder = Path(path)
        if not (folder / FILE).exists():
            folder = folder / FOLDER
        if not (folder / FILE).exists():
            raise InputError(
                f"{path} holds no refitted network; train one with: optuna-dnc refit {path}"
            )
        summary = read_refit(folder)
        try:
            request, measured = summary["asked"], summary["measured"]
            family = family or family_of_result(summary["network"], summary["space"])
            network = cls(
                path=folder,
                network=family.config_from_dict(request["config"]),
                training=TrainingConfig(**request["training"]),
                n_samples=measured["n_samples"],
                epochs_run=measured["epochs_run"],
                **metrics_from_dict(measured, summary["task"]),
                summary=summary,
                family=family,
            )
        except (KeyError, TypeError) as error:
            raise DamagedFile(folder / FILE, brief(error)) from None
        _warn_if_superseded(folder, summary)
        return network

    @property
    def config(self) -> Any:
        """Config of the network, same as :attr:`network`."""
        return self.network

    @property
    @override
    def file(self) -> Path:
        return self.path / FILE

    @property
    @override
    def search_path(self) -> Path:
        return self.path.parent if self._is_in_run else Path(self.summary["search"]["path"])

    @property
    @override
    def remedy(self) -> str:
        out = None if self._is_in_run else self.path
        return f"train it again with: {refit_command(self.search_path, self.summary, out)}"

    @property
    def _is_in_run(self) -> bool:
        return self.path.name == FOLDER and RunFolder(self.path.parent).settings.exists()

    @property
    @override
    def metrics(self) -> NetworkMetrics:
        return self

    def write_card(
        self, settings: Mapping[str, Any], comparison: Comparison | None
    ) -> Path | None:
        """Write card.md, the model card; see :func:`optuna_dnc.results.card.write_card`.

        Args:
            settings: Settings of the search.
            comparison: Metrics of the network on the test set; None without one.
        """
        facts = CardFacts(
            module="optuna_dnc.refit",
            loader="Refit",
            settings=settings,
            n_samples=self.n_samples,
            comparison=comparison,
            notes=(f"Trained again for {counted(self.epochs_run, 'epoch')} after the search",),
        )
        return write_card(self, facts)


def read_refit(folder: Path) -> dict[str, Any]:
    """Read refit.json; raise :class:`InputError` if it is damaged or of another version."""
    return read_stored(folder / FILE, StoredRefit, SCHEMA)


def _warn_if_superseded(folder: Path, summary: dict[str, Any]) -> None:
    """Warn if the search has found another best network since."""
    found = intact_summary(RunFolder(folder.parent)) if folder.name == FOLDER else None
    if found is not None and answer_summary(found)["best"]["config"] != summary["asked"]["config"]:
        warnings.warn(
            f"{folder} holds an earlier best network than {folder.parent}; refit the new one: "
            f"optuna-dnc refit {folder.parent} --out FOLDER.",
            stacklevel=3,
        )


def compared(network: Refit, result: FinishedSearch, data: PreparedData) -> Comparison | None:
    """Measure a refitted network on the test set; None without one."""
    if not data.n_test:
        return None
    outputs = outputs_of(network.model(data.device), data.test.x, data.device)
    panel, _ = panel_on(outputs, data.test, data, result.main_metric)
    known = Comparison.of(result.summary)
    on_test = known is not None and known.part == "test"
    return Comparison(
        part="test",
        n_train=network.n_samples,
        panel=panel,
        floors=known.floors if known is not None and on_test else (),
    )


class StoredRequest(Stored):
    """``asked`` of refit.json."""

    data: Name
    seed: Count
    val_fraction: Fraction
    all_samples: bool
    config: Json
    training: StoredTraining


class StoredMeasurement(StoredCosts, StoredScores):
    """``measured`` of refit.json."""

    n_samples: Count
    epochs_run: Count
    val_error: Measured | None


class StoredSource(Stored):
    """``search`` of refit.json."""

    path: Text
    n_samples: Count
    epochs: Count
    training: Json = Field(default_factory=dict)


class StoredRefit(Stored):
    """refit.json."""

    dataset: Name
    network: Name
    space: Json
    task: Task
    search: StoredSource
    asked: StoredRequest
    measured: StoredMeasurement
