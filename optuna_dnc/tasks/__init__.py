"""Tasks: what a network learns, by which loss, and what its outputs mean."""

from optuna_dnc.tasks.classification import Classification
from optuna_dnc.tasks.multilabel import Multilabel
from optuna_dnc.tasks.registry import TASKS, learning_task
from optuna_dnc.tasks.regression import Regression
from optuna_dnc.tasks.task import Criterion, LearningTask, Task

__all__ = [
    "TASKS",
    "Classification",
    "Criterion",
    "LearningTask",
    "Multilabel",
    "Regression",
    "Task",
    "learning_task",
]
