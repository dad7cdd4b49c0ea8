"""Checks for repeated samples: leakage into the test set, and contradicting labels."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.checks.report import Finding
from optuna_dnc.data import Dataset
from optuna_dnc.data.chunks import row_chunks

MANY = 0.01
"""Share of leaked test samples, or of contradicting labels, from which there is a warning: the
accuracy could be off by as much."""

MOST = 0.5
"""Share of leaked test samples from which a test mostly measures memorization."""

AS_OFTEN = 2.0
"""Ratio up to which test samples may occur in training as often as training samples repeat: both
are then drawn alike."""

REPEATED = 0.1
"""Share of repeated training samples from which validation errors are too low."""


def check_leakage(dataset: Dataset) -> Finding:
    """Report test samples that are also training samples."""
    name = "test samples seen in training"
    if not dataset.has_test:
        return Finding(name, "no test set")
    dtype = _common_type(dataset.x_train.dtype, dataset.x_test.dtype)
    train, test = (_row_keys(x, dtype) for x in (dataset.x_train, dataset.x_test))
    n_known = int(np.isin(test, train).sum())
    share = n_known / len(test)
    seen = f"{n_known:,} of {len(test):,}"
    details = {"n": n_known, "share": share}
    if share < MANY:
        return Finding(name, seen, details=details)
    advice = (
        f"{share:.0%} of the test samples are training samples too, which makes the test accuracy "
        "too good; drop them from one of the two, or split again."
    )
    # Samples of few values repeat within the training samples as well.
    _, group, sizes = np.unique(train, return_inverse=True, return_counts=True)
    if share <= AS_OFTEN * (sizes[group] > 1).mean():
        seen += ", about as often as training samples repeat"
        advice += " If such samples come up again by nature, leave them."
        return Finding(name, seen, "warning", advice, details)
    return Finding(name, seen, "failure" if share >= MOST else "warning", advice, details)


def check_repeats(dataset: Dataset) -> Finding:
    """Report repeated training samples, and those of them with several labels."""
    name = "repeated training samples"
    _, group, sizes = np.unique(
        _row_keys(dataset.x_train), return_inverse=True, return_counts=True
    )
    n_train = dataset.n_train
    n_repeated = n_train - len(sizes)
    seen, details = f"{n_repeated:,} of {n_train:,}", {"n": n_repeated}
    advice = []
    if n_repeated >= REPEATED * n_train:
        advice.append(
            "Samples are repeated, which puts the same ones into training and validation and "
            "makes the validation accuracy too good; drop copies, unless they really repeat."
        )
    if dataset.classes is not None:
        wrong = _unavoidable_errors(group, np.searchsorted(dataset.classes, dataset.y_train))
        details["n_unavoidable_errors"] = wrong
        if wrong:
            seen += f"; labels that contradict those of equal samples: {wrong:,}"
        if wrong >= MANY * n_train:
            advice.append(
                f"Equal samples have different labels, so that no network gets below an error of "
                f"{wrong / n_train:.1%} on them; correct the labels, or add features that tell "
                "them apart."
            )
    return Finding(name, seen, "warning" if advice else "ok", " ".join(advice), details)


def distinct_rows(x: NDArray[np.generic], count: int) -> NDArray[np.int64]:
    """Return the indices of the first ``count`` distinct rows, or of all if there are fewer."""
    _, first = np.unique(_row_keys(x), return_index=True)
    return np.sort(first)[:count]


def _unavoidable_errors(group: NDArray[np.int64], labels: NDArray[np.int64]) -> int:
    """Return the number of labels that are not the most frequent of their group; both ``(n,)``."""
    n_labels = int(labels.max()) + 1
    pairs, counts = np.unique(group * n_labels + labels, return_counts=True)
    most = np.zeros(int(group.max()) + 1, dtype=np.int64)
    np.maximum.at(most, pairs // n_labels, counts)
    return int(len(group) - most.sum())


def _common_type(dtype: np.dtype[Any], other: np.dtype[Any]) -> np.dtype[Any]:
    """Return a type that holds all values of both; of two floats the one of lower precision.

    Values that were rounded on one side equal the others only if those are rounded as well.
    """
    if dtype.kind == other.kind == "f":
        return min(dtype, other, key=lambda float_type: float_type.itemsize)
    return np.result_type(dtype, other)


def _row_keys(x: NDArray[np.generic], dtype: np.dtype[Any] | None = None) -> NDArray[np.uint64]:
    """Return a hash of each row, ``(n,)``: 64 bits, a collision of a million rows in 10^7 runs.

    Args:
        x: (n, ...) rows.
        dtype: Type to which rows are converted first; None for none.
    """
    digests = bytearray()
    for _, part in row_chunks(x):
        for row in part if dtype is None else part.astype(dtype):
            digests += hashlib.blake2b(row.tobytes(), digest_size=8).digest()
    return np.frombuffer(digests, dtype=np.uint64)
