"""The tasks by name."""

from __future__ import annotations

from optuna_dnc._errors import unknown_name
from optuna_dnc.tasks.classification import Classification
from optuna_dnc.tasks.multilabel import Multilabel
from optuna_dnc.tasks.regression import Regression
from optuna_dnc.tasks.task import LearningTask

TASKS: dict[str, LearningTask] = {
    task.name: task for task in (Classification(), Multilabel(), Regression())
}


def learning_task(name: str) -> LearningTask:
    """Return the task of a name.

    Raises:
        InputError: The name is unknown.
    """
    if name not in TASKS:
        raise unknown_name("task", str(name), TASKS)
    return TASKS[name]
