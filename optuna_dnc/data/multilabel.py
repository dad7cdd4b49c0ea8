"""Several yes/no labels a sample: their values, their checks, and their inference from targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, listed, shown

WORDS = (("no", "yes"), ("n", "y"), ("false", "true"), ("f", "t"), ("0", "1"))
"""Pairs of strings in any case: for a label that is not there, and for one that is."""


def label_values(y: NDArray[Any]) -> tuple[Any, Any] | None:
    """Return the values in ``y`` for a label that is not there, and for one that is.

    That is False and True, 0 and 1, or a pair of :data:`WORDS`; None if there are others.
    """
    values = np.unique(y).tolist()
    if y.dtype.kind == "b":
        return False, True
    if y.dtype.kind in "iu":
        return (0, 1) if set(values) <= {0, 1} else None
    if y.dtype.kind == "U" and tuple(value.lower() for value in values) in WORDS:
        return values[0], values[1]
    return None


def check_label_matrix(y: NDArray[Any], name: str) -> None:
    """Raise unless ``y`` is a matrix of at least two columns of integers, booleans or strings."""
    if not isinstance(y, np.ndarray) or y.dtype.kind not in "biuU":
        held = y.dtype if isinstance(y, np.ndarray) else type(y).__name__
        raise InputError(
            f"{name} holds {held}; multi-label classification needs booleans, integers 0 and 1, "
            "or yes and no, convert it."
        )
    if y.ndim != 2 or y.shape[1] < 2:
        raise InputError(
            f"{name} has shape {y.shape}; multi-label classification needs (N, labels) with at "
            "least two labels; for a single one give task='classification' and shape (N,)."
        )
    if not y.size:
        raise InputError(f"{name} is empty: its shape is {y.shape}; give at least one sample.")


def check_labels(
    y_train: NDArray[Any], y_test: NDArray[Any], names: Sequence[str], where: str
) -> None:
    """Raise on labels that cannot be learned and validated.

    Args:
        y_train: ``(N, labels)``.
        y_test: ``(N, labels)`` of the test samples.
        names: Names of the labels.
        where: Name of the data set.
    """
    for y, key in ((y_train, "ytr"), (y_test, "yte")):
        check_label_matrix(y, f"{where}: {key}")
    values = label_values(y_train)
    if values is None:
        found = listed([shown(value) for value in np.unique(y_train).tolist()])
        raise InputError(
            f"{where}: ytr holds {found}; multi-label classification needs booleans, integers 0 "
            "and 1, or yes and no, alike for all labels."
        )
    if y_test.shape[1] != y_train.shape[1] or y_test.dtype.kind != y_train.dtype.kind:
        raise InputError(
            f"{where}: ytr has {y_train.shape[1]} labels of {y_train.dtype} and yte "
            f"{y_test.shape[1]} of {y_test.dtype}; give the same ones."
        )
    if unknown := set(np.unique(y_test).tolist()) - set(values):
        raise InputError(
            f"{where}: yte has {listed(sorted(map(shown, unknown)))}, which ytr does not have; "
            "write all labels alike."
        )
    for name, column in zip(names, (y_train == values[1]).T, strict=True):
        counts = np.bincount(column, minlength=2)
        if not counts.all():
            raise InputError(
                f"{where}: ytr has {shown(values[int(counts[1] > 0)])} for the label {name!r} in "
                "every row; leave it out, otherwise there is nothing to learn."
            )
        if counts.min() < 2:
            raise InputError(
                f"{where}: ytr has {shown(values[int(counts.argmin())])} for the label {name!r} "
                "in a single row; a validation split needs two, add rows or leave the label out."
            )


def is_one_hot(y: NDArray[Any]) -> bool:
    """Return whether each row of 0 and 1, ``(n, labels)``, has exactly one label."""
    return bool(np.all(np.count_nonzero(y, axis=1) == 1))


def one_hot_error(name: str) -> InputError:
    """Return the error for targets that may be classes or labels."""
    return InputError(
        f"{name} has exactly one label in every row, so these look like classes in one column "
        "each (one-hot); give argmax(axis=1) or one column with the class, or give "
        "task='multilabel' if a row may have several labels or none."
    )


def strata_of(y: NDArray[Any]) -> NDArray[np.int64]:
    """Return a number for each row of labels ``(n, labels)``, by which rows are split.

    A simplification of iterative stratification (Sechidis et al., ECML PKDD 2011), which also
    starts from the rarest label: each value that a label has in less than half of the rows is
    rare, and a row belongs to the rarest value that it has; rows without any are one stratum.

    Returns:
        ``(n,)`` int64 from 0.
    """
    values, codes = np.unique(y, return_inverse=True)
    there = codes.reshape(y.shape) == len(values) - 1
    is_rare = there == (there.sum(axis=0) * 2 <= len(y))
    counts = is_rare.sum(axis=0)
    rarest = np.where(is_rare, counts, len(y) + 1).argmin(axis=1)
    return np.where(is_rare.any(axis=1), rarest + 1, 0)
