"""Which task a set of labels stands for, where the user did not say."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, unknown_name
from optuna_dnc.data.feature_checks import MOST_TARGET, check_finite

Task: TypeAlias = Literal["classification", "regression"]


def check_task(task: str) -> None:
    """Refuse a task that is not one of the two."""
    if task not in ("classification", "regression"):
        raise unknown_name("task", str(task), ("classification", "regression"))


def infer_task(y: NDArray[Any], name: str) -> Task:
    """Integers, booleans and strings are classes; floats are targets if any is not whole.

    Whole numbers held as floats may be either (class labels saved by a program that knows only
    floats, or counts to be predicted), so the user has to say.
    """
    if y.dtype.kind != "f" or y.size == 0:  # an empty list is a float array to NumPy
        return "classification"
    check_finite(y, name, most=MOST_TARGET)
    # Floats above 2**53, which no float16 can be, are always whole, and no labels.
    if np.all(y == np.floor(y)) and float(np.abs(y).max()) <= 2**53:
        raise InputError(
            f"{name} holds whole numbers as {y.dtype}; convert them to integers for "
            "classification or pass task='regression'."
        )
    return "regression"
