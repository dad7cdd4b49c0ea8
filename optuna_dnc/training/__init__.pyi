from .checkpoints import Checkpoint, CheckpointError
from .config import ADAMW_RANGES, TrainingConfig, TrainingSpace
from .evaluation import Evaluation, evaluate, outputs_of, votes
from .fit_result import Epoch, FitResult
from .joint_space import JointTrainingSpace
from .schedules import learning_rate_factor
from .scoring import Scorer
from .threads import keep_freed_memory, threads_for
from .train import fit, new_network, on_device, time_epoch, train_network

__all__ = [
    "ADAMW_RANGES",
    "Checkpoint",
    "CheckpointError",
    "Epoch",
    "Evaluation",
    "FitResult",
    "JointTrainingSpace",
    "Scorer",
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
    "votes",
]
