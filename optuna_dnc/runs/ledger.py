"""Ledger of a search: all records, by trial and by configuration."""

from __future__ import annotations

import json
import math
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from optuna_dnc._errors import InputError
from optuna_dnc.objectives import costs_in_words
from optuna_dnc.runs.cross_validation import CrossValidation
from optuna_dnc.runs.records import Crash, Record, Rejection

_FADING = 0.9
_N_BEST = 5
"""What a trial counts beside the next one, and the number of best trials, in estimates of time."""


class Ledger:
    """Records of one search, by trial and by configuration.

    Records of one configuration share its key; the first that was trained to the end represents
    it. Only these can be the best.
    """

    def __init__(
        self,
        records: Iterable[Record] = (),
        crashes: Iterable[Crash] = (),
        rejections: Iterable[Rejection] = (),
        cross_validation: CrossValidation | None = None,
    ) -> None:
        self._records: dict[str, Record] = {}
        self.crashes = list(crashes)
        """Trials whose network crashed the process and was given up."""
        self.rejections = list(rejections)
        """Trials that were not trained because their network exceeds a limit."""
        self.cross_validation = cross_validation or CrossValidation()
        """Trainings of leading networks on other folds, and their choice."""
        self._first: dict[str, Record] = {}
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """Add the record of a trial, or replace it."""
        self._records[record.label] = record
        if not record.pruned and self._first.get(record.key, record).label == record.label:
            self._first[record.key] = record

    def add_crash(self, crash: Crash) -> None:
        """Add a trial that was given up, in place of its record; once is enough."""
        self._records.pop(crash.label, None)
        if all(known.label != crash.label for known in self.crashes):
            self.crashes.append(crash)

    def crash_of(self, config: Mapping[str, Any]) -> Crash | None:
        """Return the trial of a network that was given up, whatever its training, if any.

        Args:
            config: Config of the network, as JSON.
        """
        return next((crash for crash in self.crashes if crash.config == config), None)

    def n_crashed(self, name: str) -> int:
        """Return the number of trials of a stage that were given up."""
        return sum(crash.stage == name for crash in self.crashes)

    def add_rejection(self, rejection: Rejection) -> None:
        """Add a trial that was not trained; once is enough."""
        if all(known.label != rejection.label for known in self.rejections):
            self.rejections.append(rejection)

    def n_rejected(self, name: str) -> int:
        """Return the number of trials of a stage that were not trained."""
        return sum(rejection.stage == name for rejection in self.rejections)

    def costs_of(self, config: Mapping[str, Any]) -> dict[str, float]:
        """Return the costs that were measured of a network, by name; empty if there are none."""
        wanted = json.dumps(config)
        measured = [(record.config, record.measured.costs) for record in self.records]
        measured += [(rejection.config, rejection.costs) for rejection in self.rejections]
        return next((dict(c) for other, c in measured if json.dumps(other) == wanted), {})

    @property
    def records(self) -> list[Record]:
        """Records of all trials, in the order in which they were added."""
        return list(self._records.values())

    def of_trial(self, label: str) -> Record | None:
        """Return the record of the trial ``stage/number``."""
        return self._records.get(label)

    def find(self, key: str) -> Record | None:
        """Return the record of a configuration that was trained to the end, if any."""
        return self._first.get(key)

    def find_stopped(self, key: str, *, epochs: int = 1, besides: str = "") -> Record | None:
        """Return the record of a configuration that was trained, but not to the end, if any.

        Args:
            key: Key of the configuration.
            epochs: Least number of epochs, unless the training failed before.
            besides: Trial ``stage/number`` to ignore.
        """
        for record in self._records.values():
            is_it = record.key == key and record.pruned and record.label != besides
            if not is_it or record.reused_from is not None:
                continue
            if record.measured.epochs_run >= epochs or record.measured.status != "ok":
                return record
        return None

    def is_copy(self, record: Record) -> bool:
        """Return whether an earlier trial of its stage has the same configuration."""
        return any(
            other.key == record.key and other.trial_number < record.trial_number
            for other in self.of_stages(record.stage)
        )

    def of_stages(self, *names: str) -> list[Record]:
        """Return the records of some stages, in the order in which they were added."""
        return [record for record in self._records.values() if record.stage in names]

    def best_of(self, *names: str) -> Record | None:
        """Return the best record of some stages; of equal ones the first."""
        return _best(self.of_stages(*names))

    @property
    def best(self) -> Record | None:
        """Best record of all; None before one was trained to the end.

        It is the one with the lowest loss, or the one that was chosen instead by cross-validation,
        until another network has a lower loss.
        """
        best, known = _best(self._records.values()), self.cross_validation
        if best is None or known.chosen is None or known.compared[0] != best.key:
            return best
        return self._first.get(known.chosen, best)

    @property
    def best_network(self) -> Record | None:
        """Best record, unless it has no network and a stopped one does."""
        best = self.best
        if best is None or (
            not best.measured.is_usable and self.most_promising.measured.is_usable
        ):
            return None
        return best

    @property
    def most_promising(self) -> Record:
        """Best record of those that were trained the longest."""
        return min(
            self._records.values(),
            key=lambda record: (
                not record.measured.is_usable,
                -record.measured.epochs_run,
                record.loss,
            ),
        )

    @property
    def ranked(self) -> list[Record]:
        """Records that were trained to the end, one per configuration, lowest loss first."""
        return sorted(self._first.values(), key=lambda record: record.rank)

    def leaders(self, count: int) -> list[Record]:
        """Return the best records, one per configuration: :attr:`best`, then by loss."""
        best = self.best
        return sorted(self.ranked, key=lambda record: record is not best)[:count]

    def trained_epochs(self, *names: str) -> int:
        """Return the number of epochs trained in some stages, also by stopped trials."""
        return sum(record.trained_epochs for record in self.of_stages(*names))

    @property
    def typical_training(self) -> float | None:
        """Median wall-clock time of a training run in seconds; None before the first."""
        seconds = [r.seconds for r in self._records.values() if r.reused_from is None]
        return statistics.median(seconds) if seconds else None

    @property
    def typical_epoch(self) -> float | None:
        """Median wall time of an epoch in seconds, with all overhead; None before the first."""
        seconds = [
            record.seconds / record.trained_epochs
            for record in self._records.values()
            if record.trained_epochs
        ]
        return statistics.median(seconds) if seconds else None

    @property
    def expected_trial(self) -> float | None:
        """Wall time in seconds that a further trial is expected to take; None before the first.

        Further trials resemble the latest and the best ones more than the first: it is the
        geometric mean of a mean of all in which each counts a tenth less than the next one, also
        those that reuse a training, and of the mean of the best ones.
        """
        seconds = [record.seconds for record in self._own]
        trained = [record for record in self._own if record.reused_from is None]
        if not trained:
            return 0.0 if seconds else None
        latest = seconds[0]
        n = 1.0
        for later in seconds[1:]:
            n = 1 + _FADING * n
            latest += (later - latest) / n
        best = sorted(trained, key=lambda record: (record.pruned, record.rank))[:_N_BEST]
        return math.sqrt(latest * statistics.fmean(record.seconds for record in best))

    @property
    def mean_epoch(self) -> float | None:
        """Mean wall time of an epoch of the search's own trials in seconds."""
        epochs = sum(record.trained_epochs for record in self._own)
        return sum(record.seconds for record in self._own) / epochs if epochs else None

    @property
    def _own(self) -> list[Record]:
        return [record for record in self._records.values() if not record.shared]


def _best(records: Iterable[Record]) -> Record | None:
    complete = (record for record in records if not record.pruned)
    return min(complete, key=lambda record: record.rank, default=None)


_TOO_LARGE = (
    "allow smaller networks with space=, lower batch_size=, or use a device with more memory"
)
_ADVICE = {
    "ran out of memory": _TOO_LARGE,
    "diverged": "lower the learning rate with lr=, and check the data with optuna-dnc check",
    "stopped early": "raise budget=, or set pruner=none",
    "crashed the process": "see the attribute crash of the trials; if memory was low, "
    + _TOO_LARGE,
}


def no_network(ledger: Ledger) -> InputError:
    """Return the error for a search without any usable network: the reasons, and what to do.

    The trials are saved: the same search fails again at once.
    """
    reasons = Counter(_reasons(ledger))
    if not reasons and ledger.rejections:
        nearest = min(ledger.rejections, key=lambda rejection: rejection.excess)
        return InputError(
            f"no network was trained: all {len(ledger.rejections)} proposals exceed a limit; the "
            f"nearest ({nearest.description}) has {costs_in_words(nearest.costs)}. Start a new "
            "search in another folder (out=) with higher limits, or allow smaller networks."
        )
    if not reasons:
        return InputError(
            "no network was trained: no trial has finished its first epoch; give the search more "
            "time, or run it again to resume."
        )
    counts = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    most = reasons.most_common(1)[0][0]
    n_trials = reasons.total()
    return InputError(
        f"no network could be trained: of {n_trials} trial{'s' * (n_trials > 1)} {counts}. Start "
        f"a new search in another folder (out=): {_ADVICE[most]}."
    )


def _reasons(ledger: Ledger) -> Iterator[str]:
    for record in ledger.records:
        if record.measured.is_usable:
            yield "stopped early"
        else:
            is_too_large = record.measured.status == "out-of-memory"
            yield "ran out of memory" if is_too_large else "diverged"
    yield from ("crashed the process" for _ in ledger.crashes)
