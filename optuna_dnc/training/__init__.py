"""The fit loop, evaluation, and the training hyperparameters."""

from __future__ import annotations

from optuna_dnc.training.allocator import keep_freed_memory
from optuna_dnc.training.checkpoints import Checkpoint, CheckpointError
from optuna_dnc.training.config import TrainingConfig, TrainingSpace
from optuna_dnc.training.evaluation import Evaluation, evaluate, outputs_of
from optuna_dnc.training.fit_result import Epoch, FitResult
from optuna_dnc.training.fitting import fit
from optuna_dnc.training.joint_space import JointTrainingSpace
from optuna_dnc.training.schedules import learning_rate_factor
from optuna_dnc.training.threads import threads_for
from optuna_dnc.training.train import new_network, on_device, time_epoch, train_network

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "Epoch",
    "Evaluation",
    "FitResult",
    "JointTrainingSpace",
    "TrainingConfig",
    "TrainingSpace",
    "evaluate",
    "fit",
    "keep_freed_memory",
    "learning_rate_factor",
    "new_network",
    "on_device",
    "outputs_of",
    "threads_for",
    "time_epoch",
    "train_network",
]
