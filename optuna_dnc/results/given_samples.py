"""Samples to predict, from memory or from a file that may also have labels and weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from optuna_dnc._errors import InputError, argument_named
from optuna_dnc.data import Preprocessing, read_labels, read_samples
from optuna_dnc.data.arrays import as_samples
from optuna_dnc.data.feature_checks import check_weights
from optuna_dnc.data.frames import is_table
from optuna_dnc.data.images import ImageFiles
from optuna_dnc.data.loader import RawSamples
from optuna_dnc.data.matching import matched
from optuna_dnc.data.tables import DataOptions, DataSource


@dataclass(frozen=True, eq=False)
class GivenSamples:
    """Samples of the user; labels and weights are read only when they are needed."""

    source: Any
    """Raw samples, or the path of a file."""
    preprocessing: Preprocessing
    """Preprocessing of the network."""
    options: DataOptions
    """Options of the training data."""
    file: RawSamples | None
    """Content of the file; None for samples in memory."""

    @classmethod
    def of(cls, source: Any, preprocessing: Preprocessing, options: DataOptions) -> Self:
        """Take samples in memory, or read a file as the training data were read.

        Raises:
            InputError: The file cannot be read.
        """
        is_file = isinstance(source, str | Path)
        file = read_samples(DataSource(source, options)) if is_file else None
        return cls(source, preprocessing, options, file)

    @property
    def _rows(self) -> Any:
        return self.source if self.file is None else self.file.x

    @cached_property
    def x(self) -> Any:
        """The samples as a network takes them; those in memory as they are.

        Raises:
            InputError: The file does not fit the network.
        """
        return self.source if self.file is None else matched(self.file, self.preprocessing)

    @property
    def labels(self) -> NDArray[Any] | None:
        """Labels that come with the samples; None if there are none.

        Raises:
            InputError: Some are missing, or of another type than in training.
        """
        is_described = is_table(self._rows) or isinstance(self._rows, ImageFiles)
        if self.file is None or is_described:
            return self.preprocessing.labels_in(self._rows)
        return read_labels(self.source)

    @property
    def weights(self) -> NDArray[np.float64] | None:
        """Weights of the rows; None if the training data had none, or these lack their column.

        Raises:
            InputError: They are not numbers of at least 0.
        """
        column = self.options.weights
        if column is None or isinstance(self._rows, np.ndarray):
            return None
        from optuna_dnc.data.tables.data_frames import table_of  # pyarrow, for tables only
        from optuna_dnc.data.tables.values import plain, weights_of

        rows = table_of(self._rows, "x")
        if rows is None or column not in rows.column_names:
            return None
        with argument_named("weights"):
            weights = weights_of(plain(rows[column]), column)
            return _checked(weights, len(weights), f"column {column!r}")


def given_weights(sample_weight: Any, n: int) -> NDArray[np.float64] | None:
    """Return weights in memory as an array ``(n,)``; None if all samples count the same.

    Raises:
        InputError: They are not numbers of at least 0, or not as many as the samples.
    """
    weights = as_samples(sample_weight, "sample_weight")
    if weights.dtype.kind not in "biuf":
        raise InputError(f"sample_weight holds {weights.dtype}; give one number for each sample.")
    return _checked(weights.astype(np.float64), n, "sample_weight")


def _checked(weights: NDArray[np.float64], n: int, name: str) -> NDArray[np.float64] | None:
    """Return checked weights; None for a single sample, whose weight makes no difference."""
    if weights.shape == (1,) == (n,):
        return None
    check_weights(weights, n, name, "test")
    return weights
