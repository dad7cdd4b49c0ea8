"""Data of a trial, or of the final network of a search, that loggers get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.trial import FrozenTrial

from optuna_dnc.evaluation.comparison import Comparison
from optuna_dnc.objectives import Quality
from optuna_dnc.results.finished_search import FinishedSearch
from optuna_dnc.runs.choice import answer_summary
from optuna_dnc.runs.records import Record


@dataclass(frozen=True)
class LoggedTrial:
    """Trial of a search, or its final network, in the terms of experiment trackers."""

    study: str
    """Name of the study, such as ``digits/1-core-architecture``."""
    number: int
    params: Mapping[str, Any]
    """Description of the network and its training hyperparameters."""
    metrics: Mapping[str, float]
    """Loss, validation error, accuracy and metric of the search such as ``val_roc_auc``, costs,
    seconds; of the final network also those on the test set, such as ``test_roc_auc``."""
    curves: Mapping[str, Mapping[int, float]]
    """Training loss, validation loss and error by epoch, from 1; empty if another trial's training
    was reused."""

    @property
    def name(self) -> str:
        """Study and number."""
        return f"{self.study}/{self.number}"

    @classmethod
    def of(cls, study: optuna.Study, trial: FrozenTrial) -> LoggedTrial:
        """Create it from a trial of a search that has a record."""
        record = Record.from_trial(trial)
        measured = record.measured
        metrics = {
            "loss": record.loss,
            **_scores(Quality(measured.score, None)),
            **measured.costs,
            "seconds": record.seconds,
        }
        curves = {
            name: {epoch: value for epoch, value in enumerate(values, 1) if value is not None}
            for name, values in record.epochs.items()
        }
        return cls(
            study.study_name,
            trial.number,
            {"network": record.description, **record.training},
            _known(metrics),
            curves,
        )

    @classmethod
    def of_result(cls, result: FinishedSearch) -> LoggedTrial:
        """Create it from the final network of a search, with the metrics of its evaluation.

        Its ``study`` is the name of the folder and ``result``, and its ``number`` is that of the
        trial that found the network.
        """
        answer, summary = result.answer, answer_summary(result.summary)
        evaluated, panel = Comparison.of(summary), {}
        if evaluated is not None and evaluated.panel is not None:
            part = "test" if evaluated.part == "test" else "val"
            panel = {f"{part}_{name}": value for name, value in evaluated.panel.scores.items()}
        metrics = {
            **panel,
            "loss": answer.loss,
            **_scores(answer.quality),
            **answer.costs,
            "seconds": summary["search_seconds"],
        }
        params = {"network": str(answer.config), **answer.training.model_dump()}
        return cls(f"{result.path.name}/result", answer.trial_number, params, _known(metrics), {})


def _scores(quality: Quality) -> dict[str, float | None]:
    """Return error, accuracy and metric of each set of samples that was scored."""
    scores: dict[str, float | None] = {}
    for part, score in (("val", quality.val), ("test", quality.test)):
        if score is not None:
            scores[f"{part}_error"] = score.error
            scores[f"{part}_accuracy"] = score.accuracy
            scores[f"{part}_{score.metric}"] = score.value
    return scores


def _known(metrics: Mapping[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if value is not None}
