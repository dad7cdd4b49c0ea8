"""Tasks: what a network learns, by which loss, and what its outputs mean."""

from optuna_dnc.tasks.registry import TASKS, Classification, Multilabel, Regression, learning_task
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
