"""Raw samples to compare an export with its network."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
from optuna_dnc.data import (
    DATASET_NAMES,
    DatasetSource,
    Preprocessing,
    is_path,
    read_samples,
)
from optuna_dnc.data.matching import matched
from optuna_dnc.data.tables import Column, DataOptions, DataSource, Table
from optuna_dnc.data.tables.data_frames import table_of
from optuna_dnc.data.tables.dates import DAY, YEAR
from optuna_dnc.export.subject import Raw
from optuna_dnc.results.trained_network import Predicting
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.source import read_options, read_source

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
        preprocessing: Preprocessing of the network.
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
    from optuna_dnc.export.trial_samples import drawn_rows, rows_of, rows_of_search

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


MISSING = 0.1
"""Share of missing values in every column of drawn rows."""


def rows_of(table: Table, source: Any, n: int, options: DataOptions) -> tuple[pa.Table, str]:
    """Return the first rows of a table of the user with the columns that are used.

    Args:
        table: The columns.
        source: A table of the user.
        n: Number of rows.
        options: Options of the training data, such as the encoding of files.

    Returns:
        The rows, and where they are from, in words.

    Raises:
        InputError: It cannot be read, is no table, or has other columns.
    """
    described = source if isinstance(source, DataSource) else DataSource(source, options)
    name, samples, _ = read_samples(described, training=True)
    rows = table_of(samples, name)
    if rows is None:
        raise InputError(
            f"data: {name} holds arrays, and the network takes the columns of a table; give a "
            "CSV, Parquet or Arrow file, or a data frame, with these columns."
        )
    rows = rows[:n]
    table.encode(rows, f"data: {name}")  # raises where columns or values do not fit
    return rows.select([column.name for column in table.used]), f"rows of {name}"


def rows_of_search(table: Table, folder: RunFolder, n: int) -> tuple[pa.Table, str] | None:
    """Return rows of the file that a search was run on; None if it is not there any more."""
    try:
        noted = read_source(folder)
        if noted is None or not is_path(noted.data):
            return None
        return rows_of(table, noted.data, n, noted.options)
    except InputError:
        return None  # the file has changed since


def drawn_rows(table: Table, preprocessing: Preprocessing, n: int) -> pa.Table:
    """Draw rows that are like the training data, with missing and unknown values in each column.

    Numbers and dates are normal with the training data's mean and standard deviation; categories
    are equally frequent.
    """
    rng = np.random.default_rng(0)
    columns: dict[str, pa.Array] = {}
    for column, inputs in table.parts():
        mean, std = preprocessing.x_mean[inputs.start], preprocessing.x_std[inputs.start]
        is_missing = rng.random(n) < MISSING
        if column.categories:
            unknown = f"{column.categories[-1]}~"
            values = rng.choice([*column.categories, unknown], n)
            columns[column.name] = pa.array(values.tolist(), pa.string(), mask=is_missing)
        elif column.kind == "date":
            columns[column.name] = _dates(column, mean + std * rng.normal(size=n), is_missing)
        else:
            columns[column.name] = pa.array(mean + std * rng.normal(size=n), mask=is_missing)
    return pa.table(columns)


def _dates(column: Column, years: NDArray[np.float64], is_missing: NDArray[np.bool_]) -> pa.Array:
    seconds = (np.clip(years, 100, 9000) - 1970) * YEAR * DAY
    unit = 1 if column.has_time else DAY
    times = pa.array((seconds // unit * unit).astype("datetime64[s]"), mask=is_missing)
    if column.date_format is None:
        return times
    zoned = times.cast(pa.timestamp("s", "UTC"))
    return pc.strftime(zoned, column.date_format)
