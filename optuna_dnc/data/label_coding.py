"""Encoding of labels as targets of a network, and decoding of its outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, listed
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.label_checks import check_known, check_label_array
from optuna_dnc.data.multilabel import check_label_matrix, label_values


class LabelCoding(Protocol):
    """Map of labels to targets of a network, and back."""

    def encode(self, y: NDArray[Any]) -> torch.Tensor:
        """Return the targets of labels as the user gives them."""

    def decode(self, answers: torch.Tensor) -> NDArray[Any]:
        """Return the labels for outputs ``(n, n_outputs)``, on any device."""


class ClassCoding:
    """Class indices ``(n,)`` int64 of labels ``(n,)``."""

    def __init__(self, classes: Sequence[int | bool | str], dtype: str | None) -> None:
        self._labels = np.array(classes, dtype=dtype)
        self._labels.flags.writeable = False  # it is kept

    def encode(self, y: NDArray[Any]) -> torch.Tensor:
        """Return the index of each label."""
        check_label_array(y, "y")
        known = self._labels
        _check_type(y, known)
        check_known(y, known, "y")
        return torch.from_numpy(np.searchsorted(known, y).astype(np.int64))

    def decode(self, answers: torch.Tensor) -> NDArray[Any]:
        """Return the label of the largest output."""
        labels: NDArray[Any] = self._labels[answers.detach().argmax(dim=1).cpu().numpy()]
        return labels


class IndicatorCoding:
    """Indicators ``(n, labels)`` float32 of values ``(n, labels)``: 1 where the label is there.

    values: those for a label that is not there and for one that is, such as ``(False, True)``.
    """

    def __init__(
        self, names: Sequence[str], values: Sequence[int | bool | str], dtype: str | None
    ) -> None:
        self._names, self._values = names, np.array(values, dtype=dtype)

    def encode(self, y: NDArray[Any]) -> torch.Tensor:
        """Return 1 for each label that is there."""
        check_label_matrix(y, "y")
        if y.shape[1] != len(self._names):
            raise InputError(
                f"y has shape {y.shape}; expected is (N, {len(self._names)}), a column for each "
                f"of the labels {listed(list(self._names))}."
            )
        _check_type(y, self._values)
        check_known(y, self._values, "y")
        return torch.from_numpy((y == self._values[1]).astype(np.float32))

    def decode(self, answers: torch.Tensor) -> NDArray[Any]:
        """Return the values of probabilities: above one half, the label is there."""
        labels: NDArray[Any] = self._values[(answers.detach().cpu().numpy() > 0.5).astype(np.intp)]
        return labels


def labels_of(dataset: Dataset) -> dict[str, Any]:
    """Return the fields of the preprocessing that describe the labels of a data set."""
    y, classes, values = dataset.y_train, dataset.classes, None
    if dataset.task == "multilabel":
        classes, values = np.array(dataset.label_names), label_values(y)
    return {
        "classes": None if classes is None else tuple(classes.tolist()),
        "label_dtype": None if classes is None else y.dtype.str,
        "label_values": values,
    }


def coding_of(
    classes: Sequence[Any] | None, values: Sequence[Any] | None, dtype: str | None
) -> LabelCoding | None:
    """Return the coding of labels that are described by these fields; None for regression."""
    if classes is None:
        return None
    if values is None:
        return ClassCoding(classes, dtype)
    return IndicatorCoding([str(name) for name in classes], values, dtype)


def _check_type(y: NDArray[Any], known: NDArray[Any]) -> None:
    if y.dtype.kind not in ("iu" if known.dtype.kind in "iu" else known.dtype.kind):
        raise InputError(
            f"y holds labels of dtype {y.dtype}, but training had {known.dtype}; "
            "give labels of the same type."
        )
