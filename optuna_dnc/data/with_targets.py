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
from optuna_dnc.data.tables.options import DataOptions
from optuna_dnc.data.tables.reading import frame_table
from optuna_dnc.data.tables.source import DataSource, is_table


def load_data(data: Any, y: Any, **options: Any) -> Dataset:
    """Load a data set, or make one of samples and targets.

    Args:
        data: Anything that :func:`optuna_dnc.data.load_dataset` takes; with ``y`` the samples: an
            array ``(n, ...)`` or a data frame of ``n`` rows.
        y: ``(n,)`` or ``(n, n_outputs)``, targets of the samples; None if ``data`` has them.
        **options: Keywords of :func:`optuna_dnc.data.load_dataset`.
    """
    if y is None:
        return load_dataset(data, **options)
    if isinstance(data, str | Mapping | Dataset | DataSource) or hasattr(data, "__fspath__"):
        what = shown(data) if isinstance(data, str) else f"a {type(data).__name__}"
        raise InputError(f"y must be None for {what}, which has its own targets; leave it out.")
    if is_table(data):
        return load_dataset(_table_with(data, y), **options)
    try:
        return load_dataset((data, y), **options)
    except InputError as error:
        message = str(error).replace("arrays: ", "").replace("xtr", "x").replace("ytr", "y")
        raise type(error)(message) from None


def _table_with(frame: Any, y: Any) -> DataSource:
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
    return DataSource(table, DataOptions(target=tuple(names)))
