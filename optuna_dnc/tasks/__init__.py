"""Tasks: what a network learns, by which loss, and what its outputs mean."""

from optuna_dnc.tasks.task import (
    TASKS,
    Classification,
    Criterion,
    LearningTask,
    Multilabel,
    Regression,
    Task,
    learning_task,
)

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
