"""Ensemble: several networks of one search that predict together, and its ensemble.json."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from pydantic import Field, model_validator
from typing_extensions import override

from optuna_dnc._errors import InputError, brief
from optuna_dnc._files import DamagedFile
from optuna_dnc.data import Preprocessing, Task
from optuna_dnc.ensemble.members import Member
from optuna_dnc.ensemble.performance import Performance
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.registry import family_of_result
from optuna_dnc.results.predictor import Predictor, load_network
from optuna_dnc.results.trained_network import Predicting, facts_of
from optuna_dnc.runs.command import ensemble_command
from optuna_dnc.runs.folder import RunFolder, digests_in
from optuna_dnc.runs.schema_types import (
    Count,
    Fraction,
    Json,
    Measured,
    Name,
    Positive,
    Seconds,
    Stored,
    Text,
    read_stored,
)
from optuna_dnc.runs.schemas import StoredCosts, StoredScores, StoredTraining
from optuna_dnc.runs.source import read_options
from optuna_dnc.runs.stored_preprocessing import StoredPreprocessing

SCHEMA = 1
"""Version of ensemble.json; see docs/ensemble.md."""

FOLDER = "ensemble"
"""Default folder in that of the run."""

FILE = "ensemble.json"


@dataclass(frozen=True)
class Ensemble(Predicting):
    """Weighted networks of one search.

    Predicts with the weighted mean of their probabilities (soft voting), or of their outputs for
    regression. Made by :func:`optuna_dnc.ensemble.ensemble`.
    """

    path: Path
    """Folder with ensemble.json and the weights."""
    members: tuple[Member, ...]
    """Networks, ranked by the search, or snapshots in the order of their epochs."""
    weights: tuple[float, ...]
    """One per member, above 0; they sum to 1."""
    performance: Performance
    """Quality and costs of the ensemble."""
    best: Performance
    """Quality and costs of the best single network of the search, measured in the same way."""
    n_candidates: int
    """Number of networks that the members were selected from."""
    summary: dict[str, Any]
    """ensemble.json as it was read."""
    family: NetworkFamily

    @classmethod
    def load(cls, path: str | Path, *, family: NetworkFamily | None = None) -> Ensemble:
        """Load an ensemble.

        Args:
            path: Folder of the ensemble, or of the run.
            family: Network family of the search, if it is not registered.

        Raises:
            InputError: The folder holds no ensemble, or its file is damaged.
        """
        folder = _folder_of(Path(path))
        summary = read_ensemble(folder)
        try:
            family = family or family_of_result(summary["network"], summary["space"])
            members, task = summary["members"], summary["task"]
            return cls(
                path=folder,
                members=tuple(Member.from_dict(entry, family, task) for entry in members),
                weights=tuple(summary["weights"]),
                performance=Performance.from_dict(summary["performance"], task),
                best=Performance.from_dict(summary["best"], task),
                n_candidates=summary["n_candidates"],
                summary=summary,
                family=family,
            )
        except (KeyError, TypeError) as error:
            raise DamagedFile(folder / FILE, brief(error)) from None

    @property
    @override
    def search_path(self) -> Path:
        if self._is_in_run:
            return self.path.parent
        # Earlier versions did not note it.
        search = self.summary.get("search") or {}
        return Path(search.get("path", self.path))

    @property
    @override
    def facts(self) -> dict[str, Any]:
        return facts_of(self.summary["dataset"], self.performance)

    @property
    def remedy(self) -> str:
        """How to restore a damaged file, as the end of a sentence."""
        is_noted = self._is_in_run or self.summary.get("search") is not None
        run = self.search_path if is_noted else "DIR"
        command = ensemble_command(run, self.summary, None if self._is_in_run else self.path)
        return f"make the ensemble again with: {command}"

    @property
    def _is_in_run(self) -> bool:
        return self.path.name == FOLDER and RunFolder(self.path.parent).settings.exists()

    @override
    def _load_predictor(self, device: torch.device) -> Predictor:
        preprocessing = Preprocessing.from_dict(self.summary["preprocessing"])
        models = tuple(
            load_network(
                self.family,
                member.config,
                self.path / member.file,
                input_shape=preprocessing.input_shape,
                n_outputs=preprocessing.n_outputs,
                digests=digests_in(self.summary),
                remedy=self.remedy,
                device=device,
            )
            for member in self.members
        )
        options = read_options(RunFolder(self.search_path))
        return Predictor(models, self.weights, preprocessing, device, options)


def read_ensemble(folder: Path) -> dict[str, Any]:
    """Read ensemble.json; raise :class:`InputError` if it is damaged or of another version."""
    return read_stored(folder / FILE, StoredEnsemble, SCHEMA)


def _folder_of(path: Path) -> Path:
    if (path / FILE).exists():
        return path
    folder = path / FOLDER
    if not (folder / FILE).exists():
        raise InputError(f"{path} holds no ensemble; make one with: optuna-dnc ensemble {path}")
    return folder


class StoredSearch(Stored):
    """``search`` of ensemble.json."""

    path: Text


class StoredMember(StoredCosts):
    """One of the ``members`` of ensemble.json."""

    file: Name
    source: Name
    description: Text
    key: Name
    config: Json
    training: StoredTraining
    val_error: Measured


class StoredPerformance(StoredCosts, StoredScores):
    """``performance`` and ``best`` of ensemble.json."""

    val_error: Measured
    val_accuracy: Fraction | None
    seconds_per_sample: Seconds


class StoredEnsemble(Stored):
    """ensemble.json."""

    dataset: Name
    network: Name
    space: Json
    task: Task
    kind: Literal["leaders", "snapshots"] = "leaders"
    selection: Literal["greedy", "mean"] = "mean"
    n_candidates: Count
    members: Annotated[list[StoredMember], Field(min_length=1)]
    weights: list[Positive]
    performance: StoredPerformance
    best: StoredPerformance
    preprocessing: StoredPreprocessing
    settings: Json = Field(default_factory=dict)
    search: StoredSearch | None = None

    @model_validator(mode="after")
    def _a_weight_for_each(self) -> StoredEnsemble:
        if len(self.weights) != len(self.members) or abs(sum(self.weights) - 1) > 1e-6:
            raise ValueError("weights must be one for each member, and sum to 1")
        return self
