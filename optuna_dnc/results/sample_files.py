"""Samples of files, which are read as the command ``predict`` reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.data import Preprocessing, read_labels, read_samples
from optuna_dnc.data.frames import is_table
from optuna_dnc.data.images import ImageFiles
from optuna_dnc.data.loader import RawSamples
from optuna_dnc.data.matching import matched
from optuna_dnc.data.sample_checks import check_weights


def samples_in(x: Any, preprocessing: Preprocessing) -> Any:
    """Return the samples of a file as a network takes them, and anything else as it is.

    Raises:
        InputError: The file cannot be read, or does not fit the network.
    """
    return matched(read_samples(x), preprocessing) if isinstance(x, str | Path) else x


def weights_beside(samples: RawSamples, column: str | None) -> NDArray[np.float64] | None:
    """Return the weights in a column of the samples of a file; None if it has no such column.

    Raises:
        InputError: They are no numbers of at least 0.
    """
    if column is None or not is_table(samples.x) or column not in samples.x.column_names:
        return None
    from optuna_dnc.data.tables.values import as_numbers, plain  # pyarrow, for tables only

    weights = as_numbers(plain(samples.x[column]), column)
    check_weights(weights, len(weights), f"column {column!r}", "test")
    return weights


def labels_beside(
    samples: RawSamples, file: str | Path, preprocessing: Preprocessing
) -> NDArray[Any] | None:
    """Return the labels that come with the samples of a file; None if there are none.

    Raises:
        InputError: Some are missing, or of another type than in training.
    """
    is_described = is_table(samples.x) or isinstance(samples.x, ImageFiles)
    return preprocessing.labels_in(samples.x) if is_described else read_labels(file)
