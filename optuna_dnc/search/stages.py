"""The stages of a search, by the keys that name them."""

from __future__ import annotations

from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.runs.stage_keys import CORE, JOINT, PILOT, TRAINING, stage_keys
from optuna_dnc.search.bayesian_stages import BayesianStage, CoreArchitecture, JointSearch
from optuna_dnc.search.pilot import Pilot
from optuna_dnc.search.remaining_architecture import RemainingArchitecture
from optuna_dnc.search.stage import Stage
from optuna_dnc.search.training_stages import TrainingHyperparameters, TransferredTraining


def stages_of(settings: SearchSettings) -> tuple[Stage, ...]:
    """Return the stages of a search in the order in which they run."""
    is_transfer = settings.strategy == "transfer"
    bayesian: dict[object, BayesianStage] = {
        CORE: CoreArchitecture(),
        TRAINING: TransferredTraining() if is_transfer else TrainingHyperparameters(),
        JOINT: JointSearch(),
    }
    keys = stage_keys(settings.strategy, settings.pruner)
    first = next(bayesian[key] for key in keys if key.is_bayesian)
    others = {PILOT: Pilot(first), RemainingArchitecture.key: RemainingArchitecture()}
    return tuple(bayesian.get(key) or others[key] for key in keys)
