"""Data sets from samples and targets, given as two arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from optuna_dnc._errors import InputError, shown
from optuna_dnc.data.arrays import as_labels
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.load import load_dataset
from optuna_dnc.data.loader import is_path
from optuna_dnc.data.tables.data_frames import frame_table, is_table
from optuna_dnc.data.tables.options import DataOptions, DataSource


def load_data(source: DataSource, y: Any, **keywords: Any) -> Dataset:
    """Load a data set, or make one of samples and targets.

    Args:
        source: Anything that :func:`optuna_dnc.data.load_dataset` takes, with options; with ``y``
            the samples: an array ``(n, ...)`` or a data frame of ``n`` rows.
        y: ``(n,)`` or ``(n, n_outputs)``, targets of the samples; None if the source has them.
        **keywords: Other keywords of :func:`optuna_dnc.data.load_dataset`.
    """
    x = source.data
    if y is None:
        return load_dataset(source, **keywords)
    if isinstance(y, str):
        raise InputError(
            f"y must be the targets of the samples, got {y!r}; name a column with target={y!r}."
        )
    if isinstance(x, str | Mapping | Dataset) or is_path(x):
        what = shown(x) if isinstance(x, str) else f"a {type(x).__name__}"
        raise InputError(f"y must be None for {what}, which has its own targets; leave it out.")
    if is_table(x):
        return load_dataset(_table_with(x, y, source.options), **keywords)
    try:
        return load_dataset(DataSource((x, y), source.options), **keywords)
    except InputError as error:
        message = str(error).replace("arrays: ", "").replace("xtr", "x").replace("ytr", "y")
        raise type(error)(message) from None


def _table_with(frame: Any, y: Any, options: DataOptions) -> DataSource:
    """Return a table with the targets as columns of their own."""
    table = frame_table(frame, "x")
    targets = as_labels(y, "y")
    if len(targets) != table.num_rows:
        raise InputError(
            f"x has {table.num_rows:,} rows and y {len(targets):,} targets; give one for each row."
        )
    taken, names = set(table.column_names), list[str]()
    for column in targets.T if targets.ndim > 1 else [targets]:
        name = str(getattr(y, "name", None) or "y") if targets.ndim == 1 else f"y{len(names)}"
        while name in taken:
            name += "_"
        table = table.append_column(name, pa.array(np.ascontiguousarray(column)))
        taken.add(name)
        names.append(name)
    given = options.model_dump(exclude_unset=True)
    return DataSource(table, DataOptions(**{**given, "target": tuple(names)}))
