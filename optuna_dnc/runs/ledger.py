"""All that a search has measured, by trial and by configuration."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator

from optuna_dnc._errors import InputError
from optuna_dnc.runs.records import Crash, Record


class Ledger:
    """The records of one search.

    Those of one configuration share its key; the first that was trained to the end stands for
    it. Only these are ever the best.
    """

    def __init__(self, records: Iterable[Record] = (), crashes: Iterable[Crash] = ()) -> None:
        self._records: dict[str, Record] = {}
        self.crashes = list(crashes)
        """The trials that have ended the process too often."""
        self._first: dict[str, Record] = {}
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """Add a trial, or replace what was known of it."""
        self._records[record.place] = record
        if not record.pruned and self._first.get(record.key, record).place == record.place:
            self._first[record.key] = record

    def add_crash(self, crash: Crash) -> None:
        """Add a trial that has ended the process too often; what was known of it goes."""
        self._records.pop(crash.place, None)
        self.crashes.append(crash)

    def crash_of(self, key: str) -> Crash | None:
        """The trial of this configuration that has ended the process too often, if one has."""
        return next((crash for crash in self.crashes if crash.key == key), None)

    def n_crashed(self, name: str) -> int:
        """Trials of a stage that have ended the process too often."""
        return sum(crash.stage == name for crash in self.crashes)

    @property
    def records(self) -> list[Record]:
        """One a trial, in the order in which they were added."""
        return list(self._records.values())

    def of_trial(self, place: str) -> Record | None:
        """The record of the trial ``stage/number``."""
        return self._records.get(place)

    def find(self, key: str) -> Record | None:
        """The record of this configuration, if it was trained to the end."""
        return self._first.get(key)

    def find_stopped(self, key: str, *, epochs: int = 1, besides: str = "") -> Record | None:
        """A trial that trained this configuration for some time, but not to the end.

        Args:
            key: Of the configuration.
            epochs: It has trained so many at least, or went wrong before.
            besides: The place of a trial that does not count.
        """
        for record in self._records.values():
            is_it = record.key == key and record.pruned and record.place != besides
            if not is_it or record.reused_from is not None:
                continue
            if record.measured.epochs_run >= epochs or record.measured.status != "ok":
                return record
        return None

    def is_copy(self, record: Record) -> bool:
        """Whether an earlier trial of its stage has the same configuration."""
        return any(
            other.key == record.key and other.trial_number < record.trial_number
            for other in self.of_stages(record.stage)
        )

    def of_stages(self, *names: str) -> list[Record]:
        """The records of some stages, in the order in which they were added."""
        return [record for record in self._records.values() if record.stage in names]

    def best_of(self, *names: str) -> Record | None:
        """The best of some stages; the earliest where several are equal."""
        return _best(self.of_stages(*names))

    @property
    def best(self) -> Record | None:
        """The best of all; None before one was trained to the end."""
        return _best(self._records.values())

    @property
    def best_network(self) -> Record | None:
        """The best of all, unless it left no network and one of those that were stopped did."""
        best = self.best
        if best is None or (
            not best.measured.is_usable and self.most_promising.measured.is_usable
        ):
            return None
        return best

    @property
    def most_promising(self) -> Record:
        """The best of those that were trained the longest."""
        return min(
            self._records.values(),
            key=lambda record: (
                not record.measured.is_usable,
                -record.measured.epochs_run,
                record.loss,
            ),
        )

    def leaders(self, count: int) -> list[Record]:
        """The best configurations, best first, each once."""
        return sorted(self._first.values(), key=lambda record: record.rank)[:count]

    def trained_epochs(self, *names: str) -> int:
        """Epochs that were trained in some stages, those of stopped trials too."""
        return sum(record.trained_epochs for record in self.of_stages(*names))

    @property
    def typical_training(self) -> float | None:
        """Median wall time in seconds of the trials that trained; None before the first."""
        seconds = [r.seconds for r in self._records.values() if r.reused_from is None]
        return statistics.median(seconds) if seconds else None

    @property
    def typical_epoch(self) -> float | None:
        """Median over those trials of the wall time of an epoch with all that goes with it."""
        seconds = [
            record.seconds / record.trained_epochs
            for record in self._records.values()
            if record.trained_epochs
        ]
        return statistics.median(seconds) if seconds else None


def _best(records: Iterable[Record]) -> Record | None:
    complete = (record for record in records if not record.pruned)
    return min(complete, key=lambda record: record.rank, default=None)


_TOO_LARGE = (
    "allow smaller networks with space=, lower batch_size=, or take a device with more memory"
)
_ADVICE = {
    "ran out of memory": _TOO_LARGE,
    "diverged": "lower the learning rate with lr=, and look at the data with optuna-dnc check",
    "stopped early": "give it a larger budget=, or pruner=none",
    "ended the process": "look at the trials' attribute crash; if memory was short, " + _TOO_LARGE,
}


def no_network(ledger: Ledger) -> InputError:
    """The error for a search none of whose trainings gave a network: why, and what to do.

    The trials are kept: the same search run again says the same at once.
    """
    reasons = Counter(_reasons(ledger))
    if not reasons:
        return InputError(
            "no network was trained: no trial has come to its first epoch; give the search more "
            "time, or run it again to go on."
        )
    told = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    most = reasons.most_common(1)[0][0]
    n_trials = reasons.total()
    return InputError(
        f"no network could be trained: of {n_trials} trial{'s' * (n_trials > 1)} {told}. Start a "
        f"new search in another folder (out=): {_ADVICE[most]}."
    )


def _reasons(ledger: Ledger) -> Iterator[str]:
    for record in ledger.records:
        if record.measured.is_usable:
            yield "stopped early"
        else:
            is_too_large = record.measured.status == "out-of-memory"
            yield "ran out of memory" if is_too_large else "diverged"
    yield from ("ended the process" for _ in ledger.crashes)
