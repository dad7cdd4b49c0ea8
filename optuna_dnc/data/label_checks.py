"""Checks of labels and targets, and the inference of the task from them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from optuna_dnc import tasks
from optuna_dnc._errors import InputError, listed, shown
from optuna_dnc.data.feature_checks import MOST_TARGET, check_finite, check_numeric
from optuna_dnc.data.multilabel import is_one_hot, label_values, one_hot_error
from optuna_dnc.data.rounding import within_rounding

Task: TypeAlias = tasks.Task

MOST_WHOLE_CLASSES = 20
"""Maximum number of distinct integers that are taken for classes without asking."""

_LABEL_KINDS = {"i": "integers", "u": "integers", "b": "booleans", "U": "strings"}

_OTHER_KINDS = {
    "f": "convert it to integers, or for targets pass task='regression'",
    "c": "give real and imaginary part as two targets of a regression",
    "M": "give a number of days or seconds as the target of a regression",
    "m": "give a number of days or seconds as the target of a regression",
}
"""Remedies for labels of other kinds of dtypes."""


def check_class_labels(y_train: NDArray[Any], y_test: NDArray[Any], where: str) -> None:
    """Raise on labels that a classifier cannot be trained on and validated with."""
    for y, key in ((y_train, "ytr"), (y_test, "yte")):
        check_label_array(y, f"{where}: {key}")
    kinds = [_LABEL_KINDS[y.dtype.kind] for y in (y_train, y_test)]
    if kinds[0] != kinds[1]:
        raise InputError(
            f"{where}: ytr holds {kinds[0]} and yte {kinds[1]}; give labels of one type."
        )
    classes, counts = np.unique(y_train, return_counts=True)
    if len(classes) == 1:
        raise InputError(
            f"{where}: ytr holds only one class, {shown(classes[0].item())}; "
            "give at least two classes, otherwise there is nothing to learn."
        )
    if counts.min() < 2:
        raise InputError(
            f"{where}: ytr has a single sample of class {_listed(classes[counts < 2])}; "
            "a validation split needs two of each class, add samples or drop the class"
            f"{_or_regression(y_train, counts)}."
        )
    check_known(y_test, classes, f"{where}: yte")


def check_label_array(y: NDArray[Any], name: str) -> None:
    """Raise unless `y` is a vector of integers, booleans or strings."""
    if not isinstance(y, np.ndarray) or y.dtype.kind not in _LABEL_KINDS:
        held = y.dtype if isinstance(y, np.ndarray) else type(y).__name__
        kind = y.dtype.kind if isinstance(y, np.ndarray) else ""
        hint = _OTHER_KINDS.get(kind, "convert it")
        raise InputError(
            f"{name} holds {held}; classification needs integers, strings or booleans, {hint}."
        )
    if y.size == 0:
        raise InputError(f"{name} is empty: its shape is {y.shape}; give at least one label.")
    if y.ndim != 1:
        several = (
            "argmax(axis=1) if it is one-hot; several yes/no labels need task='multilabel', and "
            "several numbers task='regression'; of several targets with more classes search one "
            "at a time"
        )
        hint = several if y.shape[-1] > 1 else "use .ravel()"
        raise InputError(
            f"{name} has shape {y.shape}; classification needs one label a sample, shape (N,), "
            f"{hint}."
        )


def check_known(y: NDArray[Any], classes: NDArray[Any], name: str) -> None:
    """Raise on labels that are not among the classes of the training data."""
    unseen = np.setdiff1d(y, classes)
    if unseen.size:
        raise InputError(
            f"{name} has labels that are not in the training data: {_listed(unseen)}; "
            "add training samples of them or drop these rows."
        )


def check_targets(y_train: NDArray[Any], y_test: NDArray[Any], where: str) -> None:
    """Raise unless regression targets are numbers of shape (N,) or (N, k), alike in both."""
    for y, key in ((y_train, "ytr"), (y_test, "yte")):
        name = f"{where}: {key}"
        check_numeric(y, name)
        if y.dtype.kind == "b":
            raise InputError(
                f"{name} holds booleans; regression needs numbers, "
                "use task='classification' or convert it to float32."
            )
        if y.size == 0:
            raise InputError(f"{name} is empty: its shape is {y.shape}; give at least one target.")
        if y.ndim not in (1, 2):
            raise InputError(
                f"{name} has shape {y.shape}; regression needs (N,) or (N, targets), reshape it."
            )
        check_finite(y, name, most=MOST_TARGET)
    if y_train.shape[1:] != y_test.shape[1:]:
        raise InputError(
            f"{where}: ytr has shape {y_train.shape} and yte {y_test.shape}; "
            "they must agree except in the number of samples, reshape one."
        )


def check_targets_differ(y: NDArray[Any], name: str) -> None:
    """Raise if all targets of a regression are equal but for rounding.

    This is not checked for every data set: the samples of a fold may have equal targets.
    """
    if len(y) and within_rounding(y.min(axis=0), y.max(axis=0), y.dtype).all():
        raise InputError(
            f"{name} holds the same target in every row ({y[0].tolist()}); "
            "give at least two different ones, there is nothing to learn."
        )


def infer_task(y: NDArray[Any], name: str) -> Task:
    """Infer the task: integers, booleans and strings are classes, floats targets unless whole.

    Several columns of booleans, of 0 and 1, or of yes and no are labels, unless they are one-hot.

    Whole numbers held as floats may be either (class labels saved by a program that knows only
    floats, or counts to be predicted), so the user has to say; and more than
    `MOST_WHOLE_CLASSES` different integers, unless they are 0, 1, ... or 1, 2, ... without gaps.
    """
    if y.ndim == 2 and y.shape[1] > 1 and len(y) and (values := label_values(y)) is not None:
        if is_one_hot(y == values[1]):
            raise one_hot_error(name)
        return "multilabel"
    if y.dtype.kind in "iu" and y.ndim == 1:
        _check_are_classes(y, name)
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


def _check_are_classes(y: NDArray[Any], name: str) -> None:
    """Raise if integers may be quantities: they are many, and not numbered without gaps."""
    values = np.unique(y)
    is_numbering = (
        len(values) and values[0] in (0, 1) and values[-1] - values[0] + 1 == len(values)
    )
    if len(values) > MOST_WHOLE_CLASSES and not is_numbering:
        raise InputError(
            f"{name} holds {len(values)} different integers, {values[0]} to {values[-1]}; give "
            "task='classification' if these are classes, or give task='regression' if these are "
            "quantities."
        )


def _or_regression(y: NDArray[Any], counts: NDArray[np.intp]) -> str:
    """Return a hint if most labels occur once, as prices or measurements do."""
    if 2 * np.sum(counts < 2) <= len(counts):
        return ""
    if y.dtype.kind in "iu":
        return ", or give task='regression' if these are quantities"
    return (
        "; if these are quantities, write them as plain numbers, such as 1234.5, or, if all have "
        "the same unit, give task='regression'"
    )


def _listed(labels: NDArray[Any]) -> str:
    return listed([repr(label) for label in labels.tolist()])


def one_word(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the first texts that differ only in their case; empty if there are none."""
    spellings: dict[str, list[str]] = {}
    for text in texts:
        spellings.setdefault(text.casefold(), []).append(text)
    return next((tuple(found) for found in spellings.values() if len(found) > 1), ())
