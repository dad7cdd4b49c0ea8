"""Private names of Optuna that this package uses, and the check that they exist."""

from __future__ import annotations

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
    "optuna.storages._rdb.models?TrialIntermediateValueModel.intermediate_value_to_stored_repr",
    "optuna.storages._rdb.models?TrialIntermediateValueModel.intermediate_value_type",
    "optuna.storages._rdb.models?TrialModel.find_or_raise_by_id",
    "optuna.storages._rdb.models?TrialParamModel.distribution_json",
    "optuna.storages._rdb.models?TrialParamModel.param_value",
    "optuna.storages._rdb.models?TrialSystemAttributeModel.value_json",
    "optuna.storages._rdb.models?TrialUserAttributeModel.value_json",
    "optuna.storages._rdb.models?TrialUserAttributeModel.where_trial_id",
    "optuna.storages._rdb.storage:_create_scoped_session",
    "optuna.storages:JournalStorage._backend",
    "optuna.storages:RDBStorage._get_trials",
    "optuna.storages:RDBStorage._set_trial_param",
    "optuna.storages:RDBStorage.check_trial_is_updatable",
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

require_names("optuna", SUPPORTED, PRIVATE_NAMES)
