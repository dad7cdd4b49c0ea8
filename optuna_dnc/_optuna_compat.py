"""Private names of Optuna, all uses of which are here and in :mod:`optuna_dnc._optuna_storage`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from optuna_dnc._private_names import require_names

SUPPORTED = ">=5.0,<6"
"""Versions of Optuna, as in pyproject.toml; docs/versions.md says which are tested."""

PRIVATE_NAMES = (
    "optuna.distributions:BaseDistribution._contains",
    "optuna.pruners:HyperbandPruner._get_bracket_id",
    "optuna.pruners:PatientPruner._wrapped_pruner",
    "optuna.samplers:PartialFixedSampler._fixed_params",
    "optuna.storages._cached_storage:_CachedStorage._add_trials_to_cache",
    "optuna.storages._cached_storage:_CachedStorage._backend",
    "optuna.storages._cached_storage:_CachedStorage._lock",
    "optuna.storages._cached_storage:_CachedStorage._read_trials_from_remote_storage",
    "optuna.storages._cached_storage:_CachedStorage._studies",
    "optuna.storages._cached_storage:_CachedStorage._trial_id_to_study_id_and_number",
    "optuna.storages._cached_storage:_StudyInfo.last_finished_trial_id",
    "optuna.storages._cached_storage:_StudyInfo.param_distribution",
    "optuna.storages._cached_storage:_StudyInfo.trials",
    "optuna.storages._cached_storage:_StudyInfo.unfinished_trial_ids",
    "optuna.storages._rdb.models?BaseModel",
    "optuna.storages._rdb.models?TrialModel",
    "optuna.storages._rdb.models?TrialParamModel",
    "optuna.storages._rdb.models?TrialSystemAttributeModel",
    "optuna.storages._rdb.models?TrialUserAttributeModel",
    "optuna.storages._rdb.storage:_create_scoped_session",
    "optuna.storages:RDBStorage._get_trials",
    "optuna.storages:RDBStorage._set_trial_param",
    "optuna.storages:RDBStorage.engine",
    "optuna.storages:RDBStorage.scoped_session",
    "optuna.study._constrained_optimization:_CONSTRAINTS_KEY",
    "optuna.study.study:_ThreadLocalStudyAttribute.cached_all_trials",
    "optuna.study.study:_ThreadLocalStudyAttribute.in_optimize_loop",
    "optuna.study:Study._get_trials",
    "optuna.study:Study._stop_flag",
    "optuna.study:Study._storage",
    "optuna.study:Study._study_id",
    "optuna.study:Study._thread_local",
    "optuna.trial:FrozenTrial._trial_id",
    "optuna.trial:Trial._cached_frozen_trial",
    "optuna.trial:Trial._fixed_params",
    "optuna.trial:Trial._trial_id",
    "optuna.trial:Trial.set_constraint",
    "optuna.trial:Trial.storage",
)
"""Names that are used here and undocumented, or new; see :mod:`optuna_dnc._private_names`."""

# Before the imports below, which would fail with less to say.
require_names("optuna", SUPPORTED, PRIVATE_NAMES)

from optuna.distributions import BaseDistribution  # noqa: E402
from optuna.pruners import HyperbandPruner, PatientPruner, WilcoxonPruner  # noqa: E402
from optuna.samplers import PartialFixedSampler  # noqa: E402
from optuna.storages import BaseStorage, GrpcStorageProxy, RDBStorage  # noqa: E402
from optuna.study import Study  # noqa: E402
from optuna.study._constrained_optimization import _CONSTRAINTS_KEY  # noqa: E402
from optuna.trial import BaseTrial, FrozenTrial, Trial, TrialState  # noqa: E402

from optuna_dnc._optuna_storage import WorkerStorage, write_user_attrs  # noqa: E402

if TYPE_CHECKING:
    from sqlalchemy import Engine


def all_trials(study: Study) -> list[FrozenTrial]:
    """Return all trials of a study by number, not copied: never change them.

    ``_get_trials`` and not ``get_trials``: the latter is filtered by bracket when the pruner is
    Hyperband, and a COMPLETE trial has the same meaning in every bracket. Optuna's per-thread
    cache is not used: it still lacks the latest trials when a RUNNING one is taken up again
    through ``optuna.trial.Trial(study, trial_id)``.
    """
    return study._get_trials(deepcopy=False, use_cache=False)


def stored_trials(study: Study) -> list[FrozenTrial]:
    """Return all trials by number as they are stored, and not as a worker knows them.

    A database may store 0.0 for -0.0, for example.
    """
    if isinstance(study._storage, WorkerStorage):
        return study._storage._backend.get_all_trials(study._study_id, deepcopy=False)
    return study.get_trials(deepcopy=False)


def storage_and_id(study: Study) -> tuple[BaseStorage, int]:
    """Return the storage of a study and its id there, also for the study of a bracket."""
    return study._storage, study._study_id


def agreed(study: Study, name: str, value: Any) -> Any:
    """Return a value that all workers of a study share; the first caller sets it.

    Two callers at the same instant may both be the first, and get different values once.
    """
    attributes = study._storage.get_study_system_attrs(study._study_id)
    if name not in attributes:
        study._storage.set_study_system_attr(study._study_id, name, value)
        attributes = study._storage.get_study_system_attrs(study._study_id)
    return attributes.get(name, value)


SAFE_TO_REPEAT = (
    "get_study_id_from_name",
    "get_study_name_from_id",
    "get_study_directions",
    "get_study_user_attrs",
    "get_study_system_attrs",
    "get_all_studies",
    "get_trial_id_from_study_id_trial_number",
    "get_trial",
    "get_all_trials",
    "set_study_user_attr",
    "set_study_system_attr",
    "set_trial_param",
    "set_trial_intermediate_value",
    "set_trial_user_attr",
    "set_trial_system_attr",
    # What a _CachedStorage calls instead.
    "_get_trials",
    "_set_trial_param",
)
"""Methods of storages that do the same the second time."""


def engine_of(storage: BaseStorage) -> Engine | None:
    """Return the engine of a database, also of a cached one; None for other storages."""
    uncached = getattr(storage, "_backend", storage)
    return uncached.engine if isinstance(uncached, RDBStorage) else None


def for_worker(storage: BaseStorage) -> BaseStorage:
    """Return a storage for the only worker that uses it, faster if it is a database."""
    return WorkerStorage(storage) if isinstance(storage, RDBStorage) else storage


def deciding(storage: BaseStorage, *, training: bool = False) -> AbstractContextManager[None]:
    """See :meth:`WorkerStorage.deciding`; does nothing for other storages."""
    if isinstance(storage, WorkerStorage):
        return storage.deciding(training=training)
    return nullcontext()


def trial_id(trial: FrozenTrial | Trial) -> int:
    """Return the id of a trial in its storage."""
    return trial._trial_id


def keeps_order(study: Study) -> bool:
    """Return whether parameters of trials keep their order; gRPC does not."""
    return not isinstance(study._storage, GrpcStorageProxy)


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


def prunes_by_instances(study: Study) -> bool:
    """Return whether the pruner is a WilcoxonPruner, also a patient one: steps are instances."""
    pruner = study.pruner
    while isinstance(pruner, PatientPruner) and pruner._wrapped_pruner is not None:
        pruner = pruner._wrapped_pruner
    return isinstance(pruner, WilcoxonPruner)


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


def create_missing_indexes(storage: RDBStorage) -> None:
    """Create the indexes that an interrupted creation of a database has left out.

    Optuna creates them together with their tables, and never later. Without the index of study
    names, each opening of a study creates another one.
    """
    from optuna.storages._rdb.models import BaseModel
    from sqlalchemy.schema import CreateIndex

    with storage.engine.begin() as connection:
        for table in BaseModel.metadata.sorted_tables:
            for index in table.indexes:
                connection.execute(CreateIndex(index, if_not_exists=True))


@contextmanager
def optimize_loop(study: Study, *, begins: bool = True) -> Iterator[Callable[[], bool]]:
    """Behave as ``study.optimize``; the yielded function says whether to stop.

    ``study.stop`` works in this thread until the end, and a nested loop is refused.

    Args:
        study: The study.
        begins: Whether the loop begins here; False in the threads of a loop that has begun.
    """
    if study._thread_local.in_optimize_loop:
        raise RuntimeError("Nested invocation of `Study.optimize` method isn't allowed.")
    if begins:
        study._stop_flag = False
    study._thread_local.in_optimize_loop = True
    try:
        yield lambda: study._stop_flag
    finally:
        study._thread_local.in_optimize_loop = False
        study._storage.remove_session()


class HyperbandByNumber(HyperbandPruner):
    """Optuna's HyperbandPruner, by whose brackets samplers filter trials, with our brackets."""

    def bracket_of(self, number: int) -> int:
        """Return the position of a trial's bracket."""
        raise NotImplementedError

    def _get_bracket_id(self, study: Study, trial: FrozenTrial) -> int:
        return self.bracket_of(trial.number)
