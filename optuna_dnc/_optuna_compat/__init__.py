"""Private names of Optuna, all uses of which are in this package."""

from __future__ import annotations

from optuna_dnc._optuna_compat.names import (
    PRIVATE_NAMES,
    SUPPORTED,
)
from optuna_dnc._optuna_compat.pruners import (
    HyperbandByNumber,
    prunes_by_instances,
)
from optuna_dnc._optuna_compat.storages import (
    SAFE_TO_REPEAT,
    create_missing_indexes,
    deciding,
    engine_of,
    for_worker,
    journal_of,
    storage_and_id,
)
from optuna_dnc._optuna_compat.studies import (
    LaterTrials,
    agreed,
    all_trials,
    keeps_order,
    optimize_loop,
    set_study_attribute,
    stored_trials,
    study_attributes,
)
from optuna_dnc._optuna_compat.trials import (
    ResumedTrial,
    contains,
    enqueued_params,
    fix_param,
    foreseen_params,
    live_trial,
    new_trial,
    noted_trial,
    reported_steps,
    resume_trial,
    set_constraints,
    set_system_attr,
    set_user_attrs,
    trial_id,
)
from optuna_dnc._optuna_compat.worker_storage import WorkerStorage

__all__ = [
    "PRIVATE_NAMES",
    "SAFE_TO_REPEAT",
    "SUPPORTED",
    "HyperbandByNumber",
    "LaterTrials",
    "ResumedTrial",
    "WorkerStorage",
    "agreed",
    "all_trials",
    "contains",
    "create_missing_indexes",
    "deciding",
    "engine_of",
    "enqueued_params",
    "fix_param",
    "for_worker",
    "foreseen_params",
    "journal_of",
    "keeps_order",
    "live_trial",
    "new_trial",
    "noted_trial",
    "optimize_loop",
    "prunes_by_instances",
    "reported_steps",
    "resume_trial",
    "set_constraints",
    "set_study_attribute",
    "set_system_attr",
    "set_user_attrs",
    "storage_and_id",
    "stored_trials",
    "study_attributes",
    "trial_id",
]
