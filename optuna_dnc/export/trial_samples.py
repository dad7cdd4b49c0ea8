"""Raw samples to compare an export with its network."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
from optuna_dnc.data import (
    DATASET_NAMES,
    DatasetSource,
    Preprocessing,
    read_samples,
)
from optuna_dnc.data.matching import matched
from optuna_dnc.export.subject import Raw
from optuna_dnc.results.trained_network import Predicting
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.source import read_options

if TYPE_CHECKING:
    from optuna_dnc.data.tables import Table

N_SAMPLES = 256

AT_HAND = "digits"
"""The data set that is always there."""


@dataclass(frozen=True)
class TrialSamples:
    """Raw samples or rows, and where they are from."""

    x: Raw
    source: str
    """In words, such as ``samples of digits``."""


def trial_samples(
    result: Predicting,
    preprocessing: Preprocessing,
    data: DatasetSource | None = None,
    data_root: str | Path | None = None,
) -> TrialSamples:
    """Return up to 256 samples of the user's data, or else drawn like the training data.

    Args:
        result: The network.
        preprocessing: Of the network.
        data: Data to take samples of: a name, arrays, a file with samples or rows, or images.
        data_root: Where torchvision's data sets lie.

    Raises:
        InputError: The data cannot be read, or have another shape or other columns.
    """
    if preprocessing.table is not None:
        return _rows(result, preprocessing, preprocessing.table, data)
    dataset = result.facts["dataset"]
    if data is not None:
        return _of_data(preprocessing, data, data_root)
    if dataset in DATASET_NAMES and data_root is not None:
        return _of_data(preprocessing, dataset, data_root)
    if dataset == AT_HAND:
        with suppress(InputError):  # of a Dataset of the user's own that has this name
            return _of_data(preprocessing, dataset, None)
    return TrialSamples(_drawn(preprocessing), "samples drawn like the training data")


def _rows(
    result: Predicting, preprocessing: Preprocessing, table: Table, data: Any
) -> TrialSamples:
    from optuna_dnc.export.trial_rows import drawn_rows, rows_of, rows_of_search

    folder = RunFolder(result.search_path)
    if data is not None:
        return TrialSamples(*rows_of(table, data, N_SAMPLES, read_options(folder)))
    if found := rows_of_search(table, folder, N_SAMPLES):
        return TrialSamples(*found)
    rows = drawn_rows(table, preprocessing, N_SAMPLES)
    return TrialSamples(rows, "rows drawn like the training data")


def _of_data(
    preprocessing: Preprocessing, data: DatasetSource, data_root: str | Path | None
) -> TrialSamples:
    samples = read_samples(data, training=True, data_root=data_root)
    x = matched(samples, preprocessing)
    x = preprocessing.checked(x[:N_SAMPLES] if x.ndim else x)
    if not len(x):
        raise InputError(f"data: {samples.name} holds no samples; give some to try the export on.")
    return TrialSamples(x, f"samples of {samples.name}")


def _drawn(preprocessing: Preprocessing) -> NDArray[Any]:
    """Draw normal samples with the mean and the standard deviation of the training data."""
    shape = (-1, *(1,) * (len(preprocessing.input_shape) - 1))
    mean, std = (np.reshape(part, shape) for part in (preprocessing.x_mean, preprocessing.x_std))
    noise = np.random.default_rng(0).normal(size=(N_SAMPLES, *preprocessing.input_shape))
    x = (mean + std * noise) / preprocessing.scale
    if preprocessing.scale == 1.0:
        return x.astype(np.float32)
    return np.clip(np.rint(x), 0, 255).astype(np.uint8)
