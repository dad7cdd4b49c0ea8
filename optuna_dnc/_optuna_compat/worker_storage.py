"""Database of a worker, which need not read what it has written itself.

The package looks for the private names used here before it imports this file.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    check_distribution_compatibility,
    distribution_to_json,
)
from optuna.storages import RDBStorage
from optuna.storages._cached_storage import _CachedStorage
from optuna.trial import FrozenTrial, TrialState
from typing_extensions import override

from optuna_dnc._optuna_compat.rows import (
    insert_rows,
    newest_trial,
    study_user_attrs,
    write_user_attrs,
)

_FIELDS = ("params", "distributions", "user_attrs", "system_attrs", "intermediate_values")


@dataclass(frozen=True)
class _Unwritten:
    """Rows for the next commit."""

    params: list[dict[str, Any]] = field(default_factory=list)
    system_attrs: list[dict[str, Any]] = field(default_factory=list)


class WorkerStorage(_CachedStorage):
    """Database of a worker, which claims the trials that it starts.

    Optuna reads a trial again wherever it needs it, by six queries, since any process may have
    changed it. But nobody else changes a trial that is claimed, so that those that were begun here
    are known, and nothing changes while the worker decides but reports of others: what it writes
    to the trials of a study that it has read is known as well.
    """

    def __init__(self, backend: RDBStorage) -> None:
        super().__init__(backend)
        self._own: set[int] = set()
        """Running trials that were begun here, of which the cache has the latest state."""
        self._read: set[int] | None = None
        """Studies that were read in a decision; None outside of one."""
        self._unwritten = _Unwritten()

    @contextmanager
    def deciding(self, *, training: bool = False) -> Iterator[None]:
        """Read each study once within the block; the caller holds the decision lock.

        What is suggested for a trial is written by one commit.

        Args:
            training: Whether the trials that were begun here are still claimed.
        """
        if not training:
            self._own.clear()
        self._read = set()
        try:
            yield
            self._write()
        except BaseException:
            self._unwritten = _Unwritten()
            self._own.clear()
            raise
        finally:
            self._read = None

    @override
    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:
        return study_user_attrs(self._backend, study_id)

    @override
    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        trial_id = super().create_new_trial(study_id, template_trial)
        with self._lock:
            study = self._studies[study_id]
            study.unfinished_trial_ids.add(trial_id)
            has_all = len(study.trials) == self._cached(trial_id).number + 1
            if template_trial is None and has_all:
                study.last_finished_trial_id = max(study.last_finished_trial_id, trial_id)
                self._own.add(trial_id)
        return trial_id

    @override
    def get_trial(self, trial_id: int) -> FrozenTrial:
        with self._lock:
            if self._is_known(trial_id):
                # The caller may add to the dictionaries, as optuna.Trial does.
                return _with(self._cached(trial_id), **{name: {} for name in _FIELDS})
        return super().get_trial(trial_id)

    @override
    def _read_trials_from_remote_storage(self, study_id: int) -> None:
        if self._read is not None and study_id in self._read:
            return
        if study_id not in self._studies:
            self.get_study_name_from_id(study_id)  # creates its entry
        with self._lock:
            study = self._studies[study_id]
            changing, last = study.unfinished_trial_ids - self._own, study.last_finished_trial_id
            # Most often, nobody else has begun a trial.
            if changing or last < 0 or newest_trial(self._backend, study_id) != last:
                self._read_trials(study_id, changing, last)
        if self._read is not None:
            self._read.add(study_id)

    def _read_trials(self, study_id: int, changing: set[int], last: int) -> None:
        """Read trials of others, and those later than the last one that was read."""
        study = self._studies[study_id]
        trials = self._backend._get_trials(
            study_id,
            states=None,
            included_trial_ids=changing,
            trial_id_greater_than=last,
        )
        self._add_trials_to_cache(study_id, trials)
        for trial in trials:
            # From now on, the trial is read if it has not ended, and not because it is new.
            study.last_finished_trial_id = max(study.last_finished_trial_id, trial._trial_id)
            if trial.state.is_finished():
                study.unfinished_trial_ids.discard(trial._trial_id)
            else:
                study.unfinished_trial_ids.add(trial._trial_id)

    @override
    def set_trial_param(
        self,
        trial_id: int,
        param_name: str,
        param_value_internal: float,
        distribution: BaseDistribution,
    ) -> None:
        if self._read is None or trial_id not in self._own:
            super().set_trial_param(trial_id, param_name, param_value_internal, distribution)
        elif (known := self._distributions(trial_id).get(param_name)) is None:
            # It is compared with those of other trials.
            super().set_trial_param(trial_id, param_name, param_value_internal, distribution)
        else:
            check_distribution_compatibility(known, distribution)
            self._unwritten.params.append(
                {
                    "trial_id": trial_id,
                    "param_name": param_name,
                    "param_value": param_value_internal,
                    "distribution_json": distribution_to_json(distribution),
                }
            )
        value = distribution.to_external_repr(param_value_internal)
        self._note(trial_id, params={param_name: value}, distributions={param_name: distribution})

    @override
    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        written = json.dumps(value)
        is_own = self._read is not None and trial_id in self._own
        if is_own and key not in self._cached(trial_id).system_attrs:
            row = {"trial_id": trial_id, "key": key, "value_json": written}
            self._unwritten.system_attrs.append(row)
        else:
            self._write()
            super().set_trial_system_attr(trial_id, key, value)
        self._note(trial_id, system_attrs={key: json.loads(written)})

    @override
    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        super().set_trial_user_attr(trial_id, key, value)
        self._note(trial_id, user_attrs={key: json.loads(json.dumps(value))})

    def set_trial_user_attrs(self, trial_id: int, attributes: Mapping[str, Any]) -> None:
        """Set user attributes by one commit."""
        write_user_attrs(self._backend, trial_id, attributes)
        self._note(trial_id, user_attrs=json.loads(json.dumps({**attributes})))

    @override
    def set_trial_intermediate_value(
        self, trial_id: int, step: int, intermediate_value: float
    ) -> None:
        if trial_id in self._own and step not in self._cached(trial_id).intermediate_values:
            from optuna.storages._rdb.models import TrialIntermediateValueModel as Model

            stored, kind = Model.intermediate_value_to_stored_repr(intermediate_value)
            row = {"intermediate_value": stored, "intermediate_value_type": kind}
            insert_rows(self._backend, {Model: [{"trial_id": trial_id, "step": step, **row}]})
        else:
            super().set_trial_intermediate_value(trial_id, step, intermediate_value)
        self._note(trial_id, intermediate_values={step: intermediate_value})

    @override
    def set_trial_state_values(
        self, trial_id: int, state: TrialState, values: Sequence[float] | None = None
    ) -> bool:
        self._write()
        is_set = super().set_trial_state_values(trial_id, state, values)
        study_id, _ = self._trial_id_to_study_id_and_number.get(trial_id, (None, 0))
        if is_set and state == TrialState.RUNNING and study_id in (self._read or ()):
            self._own.add(trial_id)
        self._note(trial_id)
        if is_set and self._is_known(trial_id):
            trial = self._cached(trial_id)
            trial.state = state
            trial.values = None if values is None else [*values]
            # Moments later than what is stored, which nothing depends on.
            if state == TrialState.RUNNING:
                trial.datetime_start = datetime.now()
            trial.datetime_complete = datetime.now() if state.is_finished() else None
            if state.is_finished():
                self._studies[self._study_of(trial_id)].unfinished_trial_ids.discard(trial_id)
            if state != TrialState.RUNNING:
                self._own.discard(trial_id)
        return is_set

    @override
    def remove_session(self) -> None:
        self._backend.remove_session()

    def _note(self, trial_id: int, **added: Mapping[Any, Any]) -> None:
        """Add what was written; others may have the trial as it was."""
        with self._lock:
            if self._is_known(trial_id):
                study_id, number = self._trial_id_to_study_id_and_number[trial_id]
                self._studies[study_id].trials[number] = _with(self._cached(trial_id), **added)
            elif self._read is not None:
                self._read.clear()

    def _is_known(self, trial_id: int) -> bool:
        """Return whether the cache has the latest state of a trial, but for reports of others."""
        study_id, _ = self._trial_id_to_study_id_and_number.get(trial_id, (None, 0))
        return trial_id in self._own or study_id in (self._read or ())

    def _cached(self, trial_id: int) -> FrozenTrial:
        study_id, number = self._trial_id_to_study_id_and_number[trial_id]
        return self._studies[study_id].trials[number]

    def _distributions(self, trial_id: int) -> dict[str, BaseDistribution]:
        """Return the distributions that the parameters of a study are known to have."""
        return self._studies[self._study_of(trial_id)].param_distribution

    def _study_of(self, trial_id: int) -> int:
        return self._trial_id_to_study_id_and_number[trial_id][0]

    def _write(self) -> None:
        unwritten, self._unwritten = self._unwritten, _Unwritten()
        if not (unwritten.params or unwritten.system_attrs):
            return
        from optuna.storages._rdb.models import TrialParamModel, TrialSystemAttributeModel

        insert_rows(
            self._backend,
            {
                TrialParamModel: unwritten.params,
                TrialSystemAttributeModel: unwritten.system_attrs,
            },
        )


def _with(trial: FrozenTrial, **added: Mapping[Any, Any]) -> FrozenTrial:
    """Return a copy of a trial with more entries in some dictionaries."""
    changed = copy.copy(trial)
    for name, entries in added.items():
        setattr(changed, name, {**getattr(trial, name), **entries})
    return changed
