"""Data frames whose targets are given beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from optuna_dnc._errors import InputError
from optuna_dnc.data.arrays import as_labels
from optuna_dnc.data.tables.data_frames import frame_table
from optuna_dnc.data.tables.options import DataOptions, DataSource


def table_with(frame: Any, y: Any, options: DataOptions) -> DataSource:
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
