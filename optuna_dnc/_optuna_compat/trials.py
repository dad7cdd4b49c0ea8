"""Trials: start, resume and annotate them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

from optuna.distributions import BaseDistribution
from optuna.samplers import PartialFixedSampler
from optuna.storages import RDBStorage
from optuna.study import Study
from optuna.study._constrained_optimization import _CONSTRAINTS_KEY
from optuna.trial import BaseTrial, FrozenTrial, Trial, TrialState

from optuna_dnc._optuna_compat.rows import write_user_attrs
from optuna_dnc._optuna_compat.worker_storage import WorkerStorage


def trial_id(trial: FrozenTrial | Trial) -> int:
    """Return the id of a trial in its storage."""
    return trial._trial_id


def set_system_attr(study: Study, trial: FrozenTrial | Trial, key: str, value: Any) -> None:
    """Set a system attribute of a trial that has not ended."""
    study._storage.set_trial_system_attr(trial._trial_id, key, value)


def noted_trial(study: Study, trial: FrozenTrial) -> Trial:
    """Return a trial of any state as ``optuna_dashboard.save_note`` takes it.

    A ``Trial`` made for one that has ended would ask the sampler for parameters.
    """
    names = {"storage": study._storage, "study": study, "_trial_id": trial._trial_id}
    return cast(Trial, SimpleNamespace(**names))


def set_user_attrs(trial: Trial, attributes: Mapping[str, Any]) -> None:
    """Set user attributes, in a database all of them or none, by one commit.

    ``Trial.set_user_attr`` commits each for itself after two queries: a trial's record of sixteen
    then costs many times as much, and a process killed in between leaves half of it.
    """
    storage = getattr(trial.storage, "_backend", trial.storage)
    if not isinstance(storage, RDBStorage):
        for name, value in attributes.items():
            trial.set_user_attr(name, value)
        return
    if isinstance(trial.storage, WorkerStorage):
        trial.storage.set_trial_user_attrs(trial._trial_id, attributes)
    else:
        write_user_attrs(storage, trial._trial_id, attributes)
    trial._cached_frozen_trial.user_attrs.update(attributes)


def fix_param(trial: BaseTrial, name: str, value: Any) -> None:
    """Let a trial take a value when it suggests a parameter, unless it has one."""
    if isinstance(trial, Trial):
        trial._fixed_params = {name: value, **trial._fixed_params}


def set_constraints(trial: Trial, constraints: Mapping[str, float]) -> None:
    """Set constraints that are not set yet; a resumed trial may have some."""
    known = trial.constraints
    for name, value in constraints.items():
        if name not in known:
            trial.set_constraint(name, value)


def enqueued_params(trial: FrozenTrial | Trial) -> dict[str, Any]:
    """Return the parameters that ``study.enqueue_trial`` fixed for a trial.

    Optuna passes samplers a FrozenTrial; direct callers may have a Trial.
    """
    frozen = trial.storage.get_trial(trial._trial_id) if isinstance(trial, Trial) else trial
    return dict(frozen.system_attrs.get("fixed_params", {}))


def foreseen_params(study: Study, trial: FrozenTrial) -> dict[str, Any]:
    """Return the parameters of a trial that its sampler will not choose.

    They were enqueued, or the study's sampler is a PartialFixedSampler.
    """
    sampler = study.sampler
    fixed = sampler._fixed_params if isinstance(sampler, PartialFixedSampler) else {}
    return {**fixed, **enqueued_params(trial)}


def contains(distribution: BaseDistribution, value: Any) -> bool:
    """Return whether ``value``, in its external form, is in ``distribution``."""
    try:
        internal = distribution.to_internal_repr(value)
    except ValueError:
        return False
    return distribution._contains(internal)


def resume_trial(study: Study, trial: FrozenTrial) -> Trial:
    """Resume an unfinished trial under its own number.

    Its parameters stay; the sampler suggests the others. Optuna itself can only mark such a trial
    failed and start another one (optuna/optuna#6132). No other process may be running the trial.
    """
    if trial.state == TrialState.WAITING:
        study._storage.set_trial_state_values(trial._trial_id, TrialState.RUNNING)
    return Trial(study, trial._trial_id)


def new_trial(study: Study) -> Trial:
    """Return a new RUNNING trial; ``study.ask`` could return one that waits for somebody else."""
    study._thread_local.cached_all_trials = None
    return Trial(study, study._storage.create_new_trial(study._study_id))


def reported_steps(trial: Trial) -> set[int]:
    """Return the steps that a trial has reported; Optuna ignores a second report."""
    return set(trial._cached_frozen_trial.intermediate_values)


class ResumedTrial(Trial):
    """Trial that is trained in parts, which may be repeated."""

    def report(self, value: float, step: int) -> None:
        """Report a value, unless the step has one, without a warning."""
        if step not in self._cached_frozen_trial.intermediate_values:
            super().report(value, step)

    def settle(self, value: float, step: int) -> None:
        """Report a value, in place of an earlier one of the step."""
        self.storage.set_trial_intermediate_value(self._trial_id, step, value)
        self._cached_frozen_trial.intermediate_values[step] = value

    def set_constraint(self, key: str, value: float) -> None:
        """Set a constraint, in place of an earlier value."""
        name = f"{_CONSTRAINTS_KEY}:{key}"
        is_set = name in self.storage.get_trial_system_attrs(self._trial_id)
        if not is_set or math.isnan(float(value)):
            super().set_constraint(key, value)  # which refuses NaN
            return
        self.storage.set_trial_system_attr(self._trial_id, name, float(value))
        self._cached_frozen_trial.system_attrs[name] = float(value)


def live_trial(study: Study, trial_id: int) -> ResumedTrial:
    """Return a RUNNING trial for an objective, with its parameters so far."""
    # As study.ask does: otherwise samplers see trials as of the last trial of this thread.
    study._thread_local.cached_all_trials = None
    return ResumedTrial(study, trial_id)
