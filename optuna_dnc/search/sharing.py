"""Searches that differ in ``wc`` alone share what they measure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from optuna_dnc.objectives import WORST_ERROR, Measurement
from optuna_dnc.runs.records import Record

if TYPE_CHECKING:
    from optuna_dnc.search.runner import TrialRunner


class Pool:
    """The searches that share their trials, in the order in which they began; often only one.

    Their network family, data, split, seed and settings are the same, and so is the baseline.
    """

    def __init__(self) -> None:
        self._runners: list[TrialRunner] = []

    def join(self, runner: TrialRunner) -> None:
        """Add a search."""
        self._runners.append(runner)

    @property
    def first(self) -> TrialRunner | None:
        """The search that joined first."""
        return self._runners[0] if self._runners else None

    def others(self, runner: TrialRunner) -> list[TrialRunner]:
        """All searches but one."""
        return [other for other in self._runners if other is not runner]

    def neighbour(self, runner: TrialRunner) -> TrialRunner | None:
        """Of the searches that joined before this one, that with the next ``wc``."""
        earlier = list(takewhile(lambda other: other is not runner, self._runners))
        weights = sorted(other.settings.wc for other in (*earlier, runner))
        place = weights.index(runner.settings.wc)
        return min(
            earlier,
            key=lambda other: abs(weights.index(other.settings.wc) - place),
            default=None,
        )

    def find(self, key: str, runner: TrialRunner) -> Record | None:
        """What another search has trained of this configuration, as ``runner`` sees it."""
        for other in self.others(runner):
            record = other.ledger.find(key)
            if record is not None and record.reused_from is None:
                return seen_by(runner, other, record)
        return None

    def leaders(self, runner: TrialRunner, stage: str, count: int) -> set[str]:
        """Keys of the best that all have trained in a stage, by the ``wc`` of one search."""
        trained = [
            record
            for other in self._runners
            for record in trained_by(other)
            if record.stage == stage and not record.pruned
        ]
        best = sorted(trained, key=partial(_rank, runner))[:count]
        return {record.key for record in best}

    def leads(self, measured: Measurement) -> bool:
        """Whether a network is better than all others at the ``wc`` of any search."""
        return any(
            best is None
            or not best.measured.is_usable
            or runner.loss(measured) < runner.loss(best.measured)
            for runner, best in self._leaders()
        )

    def keep_leaders(self) -> None:
        """Delete the weights of all networks but the best at each ``wc``."""
        keys = {best.key for _, best in self._leaders() if best is not None}
        if keys:
            for runner in self._runners:
                runner.folder.keep_only(*keys)

    def checkpoint(self, key: str) -> Path | None:
        """Where the weights of a configuration are, if they were kept."""
        paths = (runner.folder.checkpoint(key) for runner in self._runners)
        return next((path for path in paths if path.exists()), None)

    def _leaders(self) -> Iterator[tuple[TrialRunner, Record | None]]:
        """Each search with the best network that any has measured, by its own ``wc``."""
        for runner in self._runners:
            own = runner.ledger.best
            known = [] if own is None else [own]
            # The first of equals wins, and a search sees its own first.
            for other in self.others(runner):
                known += [record for record in trained_by(other) if not record.pruned]
            yield runner, min(known, key=partial(_rank, runner), default=None)


def _rank(runner: TrialRunner, record: Record) -> tuple[bool, float]:
    return (not record.measured.is_usable, runner.loss(record.measured))


def trained_by(runner: TrialRunner) -> list[Record]:
    """The trials that a search has trained itself."""
    return [record for record in runner.ledger.records if record.reused_from is None]


def seen_by(runner: TrialRunner, other: TrialRunner, record: Record) -> Record:
    """A trial of another search with the losses that it has at the ``wc`` of ``runner``."""
    return replace(
        record,
        loss=runner.loss(record.measured),
        reused_from=f"{other.folder.name}/{record.place}",
        curve=_curve(runner, record),
        seconds=0.0,
        shared=True,
    )


def _curve(runner: TrialRunner, record: Record) -> dict[int, float]:
    """The loss after each epoch; the cost is that of the whole training."""
    measured = record.measured
    error, is_usable = WORST_ERROR[runner.data.task], False
    curve = {}
    lists = (record.epochs.get(name, ()) for name in ("val_error", "val_loss", "train_loss"))
    for epoch, values in enumerate(zip(*lists, strict=True), start=1):
        if None not in values:
            error, is_usable = min(error, values[0]), True
        if epoch >= measured.best_epoch > 0:
            error = measured.error  # the lists have six digits
        seen = replace(measured, error=error, best_epoch=epoch if is_usable else 0)
        curve[epoch] = runner.loss(seen)
    return curve
