"""Raw data set, checked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
from optuna_dnc.data.chunks import row_chunks
from optuna_dnc.data.feature_checks import (
    check_classes_left,
    check_finite,
    check_held_out,
    check_numeric,
    check_sample_shape,
    check_weights,
    doubt_about_axes,
)
from optuna_dnc.data.frames import column_order
from optuna_dnc.data.label_checks import Task, check_class_labels, check_targets
from optuna_dnc.data.multilabel import check_labels
from optuna_dnc.data.tables.fitting import Gaps
from optuna_dnc.tasks import learning_task

if TYPE_CHECKING:
    from optuna_dnc.data.images import ImageFormat
    from optuna_dnc.data.tables import Table


@dataclass(frozen=True, eq=False)
class Dataset:
    """Checked raw training and test data in NumPy arrays.

    x_train, x_test: (N, features) or (N, channels, height, width), any numeric dtype, raw values.
    y_train, y_test: classification (N,) of integers, strings or booleans; multilabel (N, labels)
    of booleans, integers 0 and 1, or yes and no; regression (N,) or (N, targets) of numbers in
    the user's unit.
    x_test and y_test are empty without a test set.
    feature_names: names of the features, if they have any.
    target_names: names of several targets, if they have any.
    table: the columns that the features were encoded from, if the data were a table.
    test_gaps: by column of the table, (N,) bool, the test samples whose value was replaced by the
    fill without an input that indicates this.
    weights: (N,) float64 of at least 0, weights of the training samples in the training loss and
    in validation metrics; None for equal weights. Only their ratios matter.
    test_weights: weights of the test samples, on the same scale; None for equal weights.
    groups: (N,) number of the group of each training sample; a group is never split.
    times: (N,) times of the training samples; the latest samples validate.
    images: format of the images, if they came as files.
    held_out: (N,) bool, the training samples to validate with; None to draw them, or to choose
    them by groups or times.
    origin: path or name of the data (None for data in memory) and their options, as JSON.

    Raises `InputError` for data that cannot be trained on.
    """

    name: str
    x_train: NDArray[Any]
    y_train: NDArray[Any]
    x_test: NDArray[Any]
    y_test: NDArray[Any]
    task: Task
    feature_names: tuple[str, ...] | None = None
    table: Table | None = None
    test_gaps: Gaps | None = None
    weights: NDArray[np.float64] | None = None
    groups: NDArray[np.int64] | None = None
    times: NDArray[np.float64] | None = None
    test_weights: NDArray[np.float64] | None = None
    images: ImageFormat | None = None
    held_out: NDArray[np.bool_] | None = None
    origin: Mapping[str, Any] | None = None
    target_names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        learning_task(self.task)  # raises if it is unknown
        # Without a test set, the training samples take its place.
        x_test, y_test = (
            (self.x_test, self.y_test) if self.has_test else (self.x_train, self.y_train)
        )
        for x, key in ((self.x_train, "xtr"), (x_test, "xte")):
            check_numeric(x, f"{self.name}: {key}")
            check_sample_shape(x, f"{self.name}: {key}")
        self._check_agreement()
        self._check_names()
        if self.task == "classification":
            check_class_labels(self.y_train, y_test, self.name)
        elif self.task == "multilabel":
            check_labels(self.y_train, y_test, self.label_names, self.name)
        else:
            check_targets(self.y_train, y_test, self.name)
        check_finite(self.x_train, f"{self.name}: xtr", columns=self.feature_names)
        check_finite(x_test, f"{self.name}: xte", columns=self.feature_names)
        if self.weights is not None:
            check_weights(self.weights, len(self.x_train), f"{self.name}: weights", "training")
            if self.task == "classification":
                check_classes_left(self.y_train[self.counted], f"{self.name}: weights")
            elif self.task == "multilabel":
                counted = self.y_train[self.counted]
                check_labels(counted, y_test, self.label_names, f"{self.name}, weights above 0")
        if self.test_weights is not None:
            name = f"{self.name}: the weights of the test samples"
            check_weights(self.test_weights, len(self.x_test), name, "test")
        if self.held_out is not None:
            check_held_out(self.held_out, self.weights, len(self.x_train), self.name)

    def _check_agreement(self) -> None:
        pairs = (("tr", self.x_train, self.y_train), ("te", self.x_test, self.y_test))
        for part, x, y in pairs:
            n_labels = len(y) if np.ndim(y) else 0
            if len(x) != n_labels:
                raise InputError(
                    f"{self.name}: x{part} has {len(x)} samples and y{part} {n_labels} labels; "
                    "give one label for each sample."
                )
        if self.x_train.shape[1:] != self.x_test.shape[1:]:
            raise InputError(
                f"{self.name}: the samples of xtr have shape {self.x_train.shape[1:]} and those "
                f"of xte {self.x_test.shape[1:]}; both must be the same."
            )
        if self.is_image and (self.x_train.dtype == np.uint8) != (self.x_test.dtype == np.uint8):
            raise InputError(  # uint8 images are scaled by 1/255, others are not
                f"{self.name}: xtr is {self.x_train.dtype} and xte {self.x_test.dtype}; "
                "give both as uint8 or both as floats on one scale."
            )

    def _check_names(self) -> None:
        names = self.feature_names
        if names is not None and (len(names),) != self.input_shape:
            raise InputError(
                f"{self.name}: feature_names has {len(names)} names and a sample the shape "
                f"{self.input_shape}; give one name for each feature."
            )

    def with_columns(self, names: Sequence[str], table: Table | None = None) -> Dataset:
        """Return the data set with its features in this order; unchanged if they have no names.

        Args:
            names: Names of the features.
            table: Table with its columns in this order. Without it, or if its columns are not
                those of the data set, features from tables keep their order.
        """
        if self.feature_names is None:
            return self
        if self.table is not None and (table is None or not self.table.has_columns_of(table)):
            return self
        order = column_order(self.feature_names, names, f"{self.name}: xtr")
        if order is None:
            return self
        if self.table is not None and table is not None:
            table = self.table.in_order_of(table)
        x_train, x_test = self.x_train[:, order], self.x_test[:, order]
        return replace(
            self, x_train=x_train, x_test=x_test, feature_names=tuple(names), table=table
        )

    def subset(self, rows: NDArray[np.int64]) -> Dataset:
        """Return the data set with some of its training samples."""
        parts = {
            name: values[rows]
            for name in ("x_train", "y_train", "weights", "groups", "times", "held_out")
            if (values := getattr(self, name)) is not None
        }
        return replace(self, **parts)

    @property
    def can_be_loaded_again(self) -> bool:
        """Whether the data have a path or a name, unlike data in memory."""
        return self.origin is not None and self.origin["source"] is not None

    @property
    def counted(self) -> NDArray[np.int64]:
        """Training samples with a weight above 0, (n,) indices."""
        return np.arange(self.n_train) if self.weights is None else np.flatnonzero(self.weights)

    @property
    def n_codes(self) -> tuple[int, ...]:
        """Number of codes of each of the last inputs, which networks embed; empty for most."""
        return () if self.table is None else self.table.n_codes

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one sample: (features,) or (channels, height, width)."""
        return tuple(self.x_train.shape[1:])

    @property
    def is_image(self) -> bool:
        """Whether a sample is (channels, height, width)."""
        return len(self.input_shape) == 3

    @property
    def doubt_about_axes(self) -> str:
        """Warning if images probably have their channels last; else empty."""
        return doubt_about_axes(self.x_train.shape, "xtr") if self.is_image else ""

    @property
    def n_train(self) -> int:
        """Number of training samples, including those held out for validation later."""
        return len(self.x_train)

    @property
    def n_test(self) -> int:
        """Number of test samples; 0 without a test set."""
        return len(self.x_test)

    @property
    def has_test(self) -> bool:
        """Whether there is a test set."""
        return np.size(self.x_test) > 0 or np.size(self.y_test) > 0

    @cached_property
    def classes(self) -> NDArray[Any] | None:
        """The sorted classes, (n_classes,) in their own dtype; None for other tasks."""
        return np.unique(self.y_train) if self.task == "classification" else None

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of several targets, or their numbers if they have no names."""
        n_targets = self.y_train.shape[1] if self.y_train.ndim == 2 else 1
        return self.target_names or tuple(map(str, range(n_targets)))

    @property
    def n_classes(self) -> int | None:
        """Number of classes, one of which each sample has; None for other tasks."""
        return None if self.classes is None else len(self.classes)

    @property
    def n_outputs(self) -> int:
        """Number of outputs of a network: of classes, of labels, or of target columns."""
        if self.classes is not None:
            return len(self.classes)
        return 1 if self.y_train.ndim == 1 else int(self.y_train.shape[1])

    def fingerprint(self) -> str:
        """Return the SHA-256 of all arrays' shapes, dtypes and bytes, in hexadecimal."""
        digest = hashlib.sha256()
        arrays = (self.x_train, self.y_train, self.x_test, self.y_test)
        more = (self.weights, self.groups, self.times, self.held_out)
        for array in (*arrays, *(values for values in more if values is not None)):
            digest.update(f"{array.shape} {array.dtype.str};".encode())
            for _, part in row_chunks(array):
                digest.update(part.tobytes())
        return digest.hexdigest()
