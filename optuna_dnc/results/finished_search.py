"""Finished search: its best network and its record, loaded from the run's folder."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from optuna.storages import BaseStorage
from typing_extensions import Self, override

from optuna_dnc._errors import brief
from optuna_dnc._files import DamagedFile
from optuna_dnc._markdown import counted
from optuna_dnc.evaluation.comparison import Comparison
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.nets.registry import family_of_result
from optuna_dnc.objectives import NetworkMetrics, described_costs
from optuna_dnc.results.best_model import BestModel
from optuna_dnc.results.card import CardFacts, write_card
from optuna_dnc.results.trained_network import TrainedNetwork
from optuna_dnc.runs.command import command_of_result
from optuna_dnc.runs.folder import RunFolder, read_summary
from optuna_dnc.runs.leaderboard import Leaderboard
from optuna_dnc.runs.run import open_run


@dataclass(frozen=True)
class FinishedSearch(TrainedNetwork):
    """Result of a search, complete or ended by its time limit, as its folder holds it."""

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
            return cls(folder.path, best, summary, family)
        except (KeyError, TypeError) as error:
            raise DamagedFile(folder.result, brief(error)) from None

    @classmethod
    def of(cls, run: Self | str | Path) -> Self:
        """Return a result as it is, or load it from the folder of its run."""
        return cls.load(run) if isinstance(run, str | Path) else run

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

    @property
    def config(self) -> Any:
        """Config of the best network, such as an ``MLPConfig``."""
        return self.best.config

    @property
    @override
    def file(self) -> Path:
        return RunFolder(self.path).result

    @property
    @override
    def remedy(self) -> str:
        folder = RunFolder(self.path)
        command = command_of_result(self.summary)
        if command is None:
            return "run the same search again, which writes it anew"
        elsewhere = " --storage URL" if folder.is_stored_elsewhere else ""
        return f"write it anew with: {command} --out {shlex.quote(str(self.path))}{elsewhere}"

    @property
    @override
    def metrics(self) -> NetworkMetrics:
        return self.best

    @property
    def complete(self) -> bool:
        """Whether every stage had its trials; False if a time limit ended the search before."""
        return bool(self.summary["complete"])

    def write_card(self) -> Path | None:
        """Write card.md, the model card; see :func:`optuna_dnc.results.card.write_card`."""
        last = self.summary.get("refit") or {"is_kept": False}
        notes: tuple[str, ...] = ()
        if last["is_kept"]:
            epochs = counted(last["epochs"], "epoch")
            notes = (f"Trained again on all samples in the end, for {epochs}",)
        comparison = Comparison.of(self.summary)
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


def html_of_result(result: FinishedSearch) -> str:
    """Return an HTML table of the network, its quality and its costs, with all text escaped."""
    best, summary = result.best, result.summary
    kind = "error" if best.val_accuracy is None else "accuracy"
    rows = {
        "network": str(best.config),
        f"test {kind}": _quality(best.test_accuracy, best.test_error),
        f"validation {kind}": _quality(best.val_accuracy, best.val_error),
        **{cost.unit: cost.format(best.costs[cost.name]) for cost in described_costs(best.costs)},
        "folder": str(result.path),
    }
    title = f"{summary['network']} on {summary['dataset']}, wc {summary['wc']:g}"
    if not result.complete:
        title += "; the search is not complete"
    cells = "".join(
        f'<tr><th style="text-align: left">{escape(name)}</th>'
        f'<td style="text-align: left">{escape(value)}</td></tr>'
        for name, value in rows.items()
        if value
    )
    caption = f'<caption style="text-align: left">{escape(title)}</caption>'
    return f"<table>{caption}<tbody>{cells}</tbody></table>"


def _quality(accuracy: float | None, error: float | None) -> str:
    """Return a percentage or an error; empty without a test set."""
    if accuracy is not None:
        return f"{accuracy:.2%}"
    return "" if error is None else f"{error:.4g}"
