"""Finished search: its best network and its record, loaded from the folder or a copy."""

from __future__ import annotations

import os
import shlex
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna.storages import BaseStorage
from typing_extensions import Self, override

from optuna_dnc._arguments import folder_name
from optuna_dnc._disk_errors import disk_problem
from optuna_dnc._drafts import draft_folder
from optuna_dnc._errors import InputError, RunBusyError, brief
from optuna_dnc._files import DamagedFile
from optuna_dnc._locks import is_claimed
from optuna_dnc._markdown import counted
from optuna_dnc.evaluation.comparison import Comparison
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.registry import family_of_result
from optuna_dnc.objectives import NetworkMetrics
from optuna_dnc.results.best_model import BestModel
from optuna_dnc.results.card import CardFacts, write_card
from optuna_dnc.results.description import html_of_result, text_of_result
from optuna_dnc.results.trained_network import TrainedNetwork
from optuna_dnc.runs.choice import answer_summary, label_of, tested_networks
from optuna_dnc.runs.command import command_of_result
from optuna_dnc.runs.folder import RunFolder, read_summary
from optuna_dnc.runs.leaderboard import Leaderboard
from optuna_dnc.runs.run import open_run


@dataclass(frozen=True, repr=False)
class FinishedSearch(TrainedNetwork):
    """Result of a complete search, or of one that its time limit ended, loaded from its folder."""

    path: Path
    """The run's folder."""
    best: BestModel
    summary: dict[str, Any]
    """result.json as it was read: data set, settings, stages, leading networks, versions."""
    family: NetworkFamily

    @classmethod
    def load(cls, path: str | Path, *, family: NetworkFamily | None = None) -> Self:
        """Load a result from the folder of a search.

        Args:
            path: The run's folder.
            family: Network family of the search, if it is not registered: the same object or an
                equal one.

        Raises:
            InputError: The folder holds no finished search, or a file of it is damaged.
        """
        folder = RunFolder(path)
        summary = read_summary(folder)
        try:
            family = family or family_of_result(summary["network"], summary["space"])
            best = BestModel.from_dict(summary["best"], family, summary["task"])
            result = cls(folder.path, best, summary, family)
            result.answer  # noqa: B018 - also checks the network that was chosen by hand
            return result
        except (KeyError, TypeError) as error:
            raise DamagedFile(folder.result, brief(error)) from None

    @classmethod
    def of(cls, run: Self | str | Path) -> Self:
        """Return a result as it is, or load it from the folder of its run."""
        return cls.load(run) if isinstance(run, str | Path) else run

    @property
    def chosen(self) -> BestModel | None:
        """Network that was chosen by hand; None if it is :attr:`best`."""
        values = self.summary.get("chosen")
        if values is None:
            return None
        return BestModel.from_dict(values, self.family, self.summary["task"])

    @property
    def answer(self) -> BestModel:
        """Final network, which makes the predictions: the chosen one, or the best."""
        return self.chosen or self.best

    @property
    def n_test_evaluations(self) -> int:
        """Number of networks of the search that were evaluated on the test set.

        The more there are, the more optimistic is the best of their results.
        """
        return len(tested_networks(self.summary))

    def __repr__(self) -> str:
        return text_of_result(self)

    def leaderboard(
        self, n: int | None = None, *, storage: str | BaseStorage | None = None
    ) -> Leaderboard:
        """Return one row for each distinct architecture of the search, best first.

        >>> pandas.DataFrame([row.to_dict() for row in result.leaderboard()])

        Args:
            n: Maximum number of rows; None for all.
            storage: Storage of the search, if it was run with one.

        Raises:
            InputError: The storage cannot be reached, or ``n`` is not a whole number above 0.
        """
        return open_run(self.path, storage, to_read=True).leaderboard.first(n)

    def _repr_html_(self) -> str:
        return html_of_result(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the path: the folder is read again, unless it is gone by then."""
        fields = (self.path.absolute(), self.best, self.summary, self.family)
        return _unpickled, (type(self), *fields)

    def save(self, path: str | Path) -> Self:
        """Copy what predictions and reports need to a new folder.

        Args:
            path: The new folder.

        Returns:
            The result in that folder.

        Raises:
            InputError: ``path`` exists or cannot be written, or a file of the run is damaged.
        """
        self.check_intact()
        target = Path(folder_name("path", path))
        copy_run(RunFolder(self.path), target)
        return self.load(target, family=self.family)

    @property
    def config(self) -> Any:
        """Config of the final network, such as an ``MLPConfig``."""
        return self.answer.config

    @property
    @override
    def file(self) -> Path:
        return RunFolder(self.path).result

    @property
    @override
    def remedy(self) -> str:
        path = shlex.quote(str(self.path))
        command = command_of_result(self.summary)
        if self.chosen is not None:
            command = f"optuna-dnc choose {path} {label_of(self.summary['chosen'])}"
        elif command is not None:
            command = f"{command} --out {path}"
        if command is None:
            return "run the same search again, which writes it anew"
        elsewhere = " --storage URL" if RunFolder(self.path).is_stored_elsewhere else ""
        return f"write it anew with: {command}{elsewhere}"

    @property
    @override
    def metrics(self) -> NetworkMetrics:
        return self.answer

    @property
    def complete(self) -> bool:
        """Whether every stage had its trials; False if a time limit ended the search before."""
        return bool(self.summary["complete"])

    def write_card(self) -> Path | None:
        """Write card.md, the model card; see :func:`optuna_dnc.results.card.write_card`."""
        summary = answer_summary(self.summary)
        last = summary.get("refit") or {"is_kept": False}
        notes: tuple[str, ...] = ()
        if last["is_kept"]:
            epochs = counted(last["epochs"], "epoch")
            notes = (f"Trained again on all samples at the end, for {epochs}",)
        if self.chosen is not None:
            label = label_of(self.summary["chosen"])
            notes = (*notes, f"Chosen by hand among the networks of the search, as trial {label}")
        comparison = Comparison.of(summary)
        n_train = None if comparison is None else comparison.n_train
        facts = CardFacts(
            module="optuna_dnc",
            loader="SearchResult",
            settings=self.summary["settings"],
            n_samples=last["n_samples"] if last["is_kept"] else n_train,
            comparison=comparison,
            notes=notes,
        )
        return write_card(self, facts)


def _unpickled(kind: type[FinishedSearch], path: Path, *fields: Any) -> FinishedSearch:
    """Return the result from its folder, or as it was pickled if the folder is gone."""
    if RunFolder(path).result.exists():
        return kind.load(path, family=fields[-1])
    return kind(path, *fields)


def copy_run(source: RunFolder, path: Path) -> None:
    """Copy a finished run to a new folder, which is created completely or not at all.

    Args:
        source: Folder of the run. Its checkpoints, reports, refits and ensembles are not copied.
        path: The new folder.

    Raises:
        InputError: ``path`` exists or cannot be written, or a search is running in the source.
    """
    if path.exists():
        raise InputError(f"path: {path} exists and is not overwritten; choose a new folder.")
    if is_claimed(source.path):
        raise RunBusyError(
            f"a search is running in {source.path}; wait for its end before you save its result."
        )
    try:
        with draft_folder(path) as draft:
            for file in (source.settings, source.data, source.config, source.model, source.result):
                if file.exists():
                    shutil.copy2(file, draft)
            if source.study.exists():
                _copy_database(source.study, draft / source.study.name)
            os.rename(draft, path)  # noqa: PTH104 - Path.rename replaces an empty folder, too
    except OSError as error:
        reason = disk_problem(error, path) or error
        raise InputError(f"path: {path} cannot be written ({reason}).") from error


def _copy_database(source: Path, target: Path) -> None:
    """Copy an SQLite database, including transactions that are still in its log."""
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as before,
        closing(sqlite3.connect(target)) as after,
    ):
        before.backup(after)
