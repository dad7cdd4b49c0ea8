"""The only place where private names of Optuna are used."""

from __future__ import annotations

from typing import Any

from optuna.distributions import BaseDistribution
from optuna.storages import BaseStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState


def complete_trials(study: Study) -> list[FrozenTrial]:
    """Return the COMPLETE trials of a study, not copied: never change them.

    ``_get_trials`` and not ``get_trials``: the latter is filtered by bracket when the pruner is
    Hyperband, and a COMPLETE trial has the same meaning in every bracket. Optuna's per-thread
    cache is not used: it still lacks the latest trials when a RUNNING one is taken up again
    through ``optuna.trial.Trial(study, trial_id)``.
    """
    return study._get_trials(deepcopy=False, states=(TrialState.COMPLETE,), use_cache=False)


def all_trials(study: Study) -> list[FrozenTrial]:
    """Return all trials of a study by number, not copied, not filtered; see above."""
    return study._get_trials(deepcopy=False, use_cache=False)


def storage_and_id(study: Study) -> tuple[BaseStorage, int]:
    """Return the storage of a study and its number there; a study of a bracket has them too."""
    return study._storage, study._study_id


def trial_id(trial: FrozenTrial | Trial) -> int:
    """Return the number of a trial in its storage."""
    return trial._trial_id


def enqueued_params(trial: FrozenTrial | Trial) -> dict[str, Any]:
    """Return the parameters that ``study.enqueue_trial`` fixed for a trial.

    Optuna hands samplers a FrozenTrial; who calls one by hand may have a Trial.
    """
    frozen = trial.storage.get_trial(trial._trial_id) if isinstance(trial, Trial) else trial
    return dict(frozen.system_attrs.get("fixed_params", {}))


def contains(distribution: BaseDistribution, value: Any) -> bool:
    """Say whether ``value``, as the user would see it, is a value of ``distribution``."""
    try:
        internal = distribution.to_internal_repr(value)
    except ValueError:
        return False
    return distribution._contains(internal)


def resume_trial(study: Study, trial: FrozenTrial) -> Trial:
    """Take up an unfinished trial under its own number.

    What it was given already stays; the sampler is asked for the rest. Optuna itself can only
    mark such a trial failed and start another (optuna/optuna#6132). Nobody else may
    be running the trial.
    """
    if trial.state == TrialState.WAITING:
        study._storage.set_trial_state_values(trial._trial_id, TrialState.RUNNING)
    return Trial(study, trial._trial_id)


def reported_steps(trial: Trial) -> set[int]:
    """Steps for which the trial has reported a value; Optuna ignores a second report."""
    return set(trial._cached_frozen_trial.intermediate_values)
