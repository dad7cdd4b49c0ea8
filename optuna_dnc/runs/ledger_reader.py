"""Reading of what other workers have added to the studies of a search."""

from __future__ import annotations

from optuna.trial import FrozenTrial, TrialState

from optuna_dnc._optuna_compat import all_trials
from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.runs.records import Crash, Record, Rejection, is_measured, is_rejected
from optuna_dnc.runs.stage_keys import StageKey
from optuna_dnc.runs.studies import Studies

KEY = "dnc:key"
"""System attribute of a trial that is being trained: the key of its configuration."""


class LedgerReader:
    """Keeps a ledger up to date with the studies."""

    def __init__(self, studies: Studies, ledger: Ledger) -> None:
        self._studies = studies
        self._ledger = ledger
        self._ended = {record.label for record in ledger.records if not record.waits}
        self._ended |= {crash.label for crash in ledger.crashes}
        self._ended |= {rejection.label for rejection in ledger.rejections}
        self._running: dict[str, dict[str, str]] = {}

    @property
    def running(self) -> dict[str, str]:
        """Keys of configurations that are being trained, or were when a worker died, by trial."""
        return {label: key for keys in self._running.values() for label, key in keys.items()}

    def end(self, label: str) -> None:
        """Note that the ledger knows the end of a trial."""
        self._ended.add(label)

    def update(self, stage: StageKey) -> list[Record]:
        """Add the trials of a stage that others have ended, and return their records."""
        study = self._studies.existing(stage)
        if study is None:
            return []
        trials, new = all_trials(study), []
        self._running[stage.name] = {
            f"{stage.name}/{trial.number}": trial.system_attrs[KEY]
            for trial in trials
            if trial.state == TrialState.RUNNING and KEY in trial.system_attrs
        }
        for trial in trials:
            label = f"{stage.name}/{trial.number}"
            if label not in self._ended and (record := self._added(label, trial)) is not None:
                new.append(record)
        return new

    def _added(self, label: str, trial: FrozenTrial) -> Record | None:
        """Add a trial; return its record if it has ended now."""
        if trial.state.is_finished():
            self._ended.add(label)
        if is_rejected(trial):
            self._ledger.add_rejection(Rejection.from_trial(trial))
        elif Crash.is_one(trial):
            self._ledger.add_crash(Crash.from_trial(trial))
        elif is_measured(trial) and self._is_further(label, trial):
            record = Record.from_trial(trial)
            self._ledger.add(record)
            return record if trial.state.is_finished() else None
        return None

    def _is_further(self, label: str, trial: FrozenTrial) -> bool:
        """Return whether a trial has ended, or has finished another rung."""
        known = self._ledger.of_trial(label)
        if known is None or trial.state.is_finished():
            return True
        return len(trial.intermediate_values) > len(known.curve)
