"""Several networks of one search that predict together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna_dnc._errors import InputError, brief
from optuna_dnc._files import DamagedFile, read_sealed
from optuna_dnc.data import Preprocessing
from optuna_dnc.data.devices import choose_device
from optuna_dnc.ensemble.members import Member
from optuna_dnc.ensemble.performance import Performance
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.registry import family_of_result
from optuna_dnc.results.predictor import Predictor, load_network
from optuna_dnc.results.trained_network import Predicting
from optuna_dnc.runs.command import ensemble_command
from optuna_dnc.runs.folder import digests_in
from optuna_dnc.runs.schema_types import check_schema
from optuna_dnc.runs.schemas import StoredEnsemble

SCHEMA = 1
"""Version of ensemble.json; see docs/ensemble.md."""

FOLDER = "ensemble"
"""Where a run's folder holds its ensemble."""

FILE = "ensemble.json"


@dataclass(frozen=True)
class Ensemble(Predicting):
    """Networks of one search and how much each of them counts.

    Predicts with the weighted mean of their probabilities (soft voting), or of their outputs for
    regression. Made by :meth:`optuna_dnc.search.SearchResult.ensemble`.
    """

    path: Path
    """The folder with ensemble.json and the weights."""
    members: tuple[Member, ...]
    """The networks, best first as the search ranked them, or in the order of the snapshots."""
    weights: tuple[float, ...]
    """One a member, above 0; they sum to 1."""
    performance: Performance
    """Of the ensemble."""
    best: Performance
    """Of the best single network of the search, measured in the same way."""
    n_candidates: int
    """Networks that the members were chosen from."""
    summary: dict[str, Any]
    """ensemble.json as it was read."""
    family: NetworkFamily

    @classmethod
    def load(cls, path: str | Path, *, family: NetworkFamily | None = None) -> Ensemble:
        """Open an ensemble, in any process.

        Args:
            path: The folder of the ensemble, or of the run that it was made from.
            family: Needed for searches of a network family of your own.

        Raises:
            InputError: There is no ensemble, or its file is damaged.
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
    def remedy(self) -> str:
        """What writes a damaged file anew, as the end of a sentence."""
        is_in_run = self.path.name == FOLDER
        run = self.path.parent if is_in_run else "DIR"
        command = ensemble_command(run, self.summary, None if is_in_run else self.path)
        return f"make the ensemble again with: {command}"

    def predictor(self, device: str = "cpu") -> Predictor:
        place = choose_device(device)
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
                device=place,
            )
            for member in self.members
        )
        return Predictor(models, self.weights, preprocessing, place)


def read_ensemble(folder: Path) -> dict[str, Any]:
    """Read ensemble.json; raises :class:`InputError` for a damaged one or another version."""
    summary = read_sealed(folder / FILE, SCHEMA)
    check_schema(folder / FILE, summary, StoredEnsemble)
    return summary


def _folder_of(path: Path) -> Path:
    if (path / FILE).exists():
        return path
    folder = path / FOLDER
    if not (folder / FILE).exists():
        raise InputError(f"{path} holds no ensemble; make one with: optuna-dnc ensemble {path}")
    return folder
