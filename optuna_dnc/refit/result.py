"""The best network of a search, trained once more: longer, otherwise, or on all samples."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna_dnc._errors import InputError, brief
from optuna_dnc._files import DamagedFile, read_sealed
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.registry import family_of_result
from optuna_dnc.objectives import NetworkMetrics, metrics_from_dict
from optuna_dnc.results.trained_network import TrainedNetwork
from optuna_dnc.runs.command import refit_command
from optuna_dnc.runs.folder import RunFolder, read_summary
from optuna_dnc.runs.schema_types import check_schema
from optuna_dnc.runs.schemas import StoredRefit
from optuna_dnc.training import TrainingConfig

SCHEMA = 1
"""Version of refit.json; see docs/refit.md."""

FOLDER = "refit"
"""Where a run's folder holds it."""

FILE = "refit.json"


@dataclass(frozen=True, kw_only=True)
class Refit(TrainedNetwork, NetworkMetrics):
    """A network of a search that was trained again, made by
    :meth:`optuna_dnc.search.SearchResult.refit`."""

    path: Path
    """The folder with refit.json, config.json and the weights."""
    network: Any
    """The network: ``MLPConfig``, ``CNNConfig`` or the config of your own family."""
    training: TrainingConfig
    """How it was trained."""
    n_samples: int
    """Samples that it was trained on."""
    epochs_run: int
    """Epochs that were trained."""
    summary: dict[str, Any]
    """refit.json as it was read."""
    family: NetworkFamily

    @classmethod
    def load(cls, path: str | Path, *, family: NetworkFamily | None = None) -> Refit:
        """Open it, in any process.

        Args:
            path: Its folder, or that of the run that it was made from.
            family: Needed for searches of a network family of your own.

        Raises:
            InputError: There is none, or its file is damaged.
        """
        folder = Path(path)
        if not (folder / FILE).exists():
            folder = folder / FOLDER
        if not (folder / FILE).exists():
            raise InputError(
                f"{path} holds no network that was trained again; train it with: optuna-dnc refit "
                f"{path}"
            )
        summary = read_refit(folder)
        try:
            asked, measured = summary["asked"], summary["measured"]
            family = family or family_of_result(summary["network"], summary["space"])
            found = cls(
                path=folder,
                network=family.config_from_dict(asked["config"]),
                training=TrainingConfig(**asked["training"]),
                n_samples=measured["n_samples"],
                epochs_run=measured["epochs_run"],
                **metrics_from_dict(measured, summary["task"]),
                summary=summary,
                family=family,
            )
        except (KeyError, TypeError) as error:
            raise DamagedFile(folder / FILE, brief(error)) from None
        _warn_if_superseded(folder, summary)
        return found

    @property
    def config(self) -> Any:
        """The network, as :attr:`network`."""
        return self.network

    @property
    def file(self) -> Path:
        return self.path / FILE

    @property
    def remedy(self) -> str:
        is_in_run = self.path.name == FOLDER
        run = self.path.parent if is_in_run else self.summary["search"]["path"]
        out = None if is_in_run else self.path
        return f"train it again with: {refit_command(run, self.summary, out)}"

    @property
    def metrics(self) -> NetworkMetrics:
        return self


def read_refit(folder: Path) -> dict[str, Any]:
    """Read refit.json; raises :class:`InputError` for a damaged one or another version."""
    summary = read_sealed(folder / FILE, SCHEMA)
    check_schema(folder / FILE, summary, StoredRefit)
    return summary


def _warn_if_superseded(folder: Path, summary: dict[str, Any]) -> None:
    """A search that goes on may find another network than the one that was trained again."""
    if folder.name != FOLDER or not RunFolder(folder.parent).result.exists():
        return
    if read_summary(RunFolder(folder.parent))["best"]["config"] != summary["asked"]["config"]:
        warnings.warn(
            f"{folder} holds another network than the search has found since; train that one too: "
            f"optuna-dnc refit {folder.parent} --out FOLDER.",
            stacklevel=3,
        )
