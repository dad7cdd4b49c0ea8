"""Data frames with separate targets, as tables with target columns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, listed
from optuna_dnc.data.arrays import as_array, as_labels
from optuna_dnc.data.frames import is_missing, is_table
from optuna_dnc.data.tables.data_frames import frame_table
from optuna_dnc.data.tables.options import DataOptions
from optuna_dnc.data.tables.pandas_table import columnwise_table
from optuna_dnc.data.tables.values import is_number


def labeled_tables(parts: Mapping[str, Any], options: DataOptions) -> tuple[pa.Table, DataOptions]:
    """Return the table of all training columns with the options that name its target.

    Args:
        parts: Parts by the names ``xtr, ytr, xte, yte``; the last two are optional. ``xtr`` is a
            data frame.
        options: Options without ``target``, and with ``test`` only if there is no ``xte``.

    Raises:
        InputError: Rows and targets do not fit together.
    """
    if options.target:
        raise InputError(
            f"target names the column {listed(list(options.target))}, but the targets are given "
            "beside the samples; leave out one of them. Test rows with the same column are given "
            "with test=."
        )
    of_frame = columnwise_table if options.image is None else frame_table
    rows = of_frame(parts["xtr"], "xtr")
    targets = _targets(parts["ytr"], rows.column_names, "ytr")
    train = _beside(rows, targets, "xtr", "ytr")
    given = {**options.model_dump(exclude_unset=True), "target": tuple(targets.column_names)}
    if "xte" in parts:
        if options.test is not None:
            raise InputError("test and xte are both test samples; give one of them.")
        tested = _test_rows(parts["xte"], rows.schema)
        labels = _targets(parts["yte"], rows.column_names, "yte")
        if labels.num_columns != targets.num_columns:
            raise InputError(
                f"ytr has {targets.num_columns} targets for each row and yte "
                f"{labels.num_columns}; give the same ones."
            )
        labels = labels.rename_columns(targets.column_names)
        given["test"] = _beside(tested, labels, "xte", "yte")
    return train, DataOptions(**given)


def _test_rows(x: Any, columns: pa.Schema) -> pa.Table:
    """Return test rows as a table; an array has the numbers of the columns in their order."""
    if is_table(x):
        return frame_table(x, "xte")
    array = as_array(x, "xte")
    numeric = all(is_number(kind) or pa.types.is_boolean(kind) for kind in columns.types)
    if not numeric or array.shape[1:] != (len(columns),) or array.dtype.kind not in "biuf":
        raise InputError(
            f"xte is a {type(x).__name__}, but xtr is a data frame; give both as data frames with "
            "the same columns."
        )
    return pa.table(dict(zip(columns.names, map(np.ascontiguousarray, array.T), strict=True)))


def _targets(y: Any, columns: Sequence[str], what: str) -> pa.Table:
    """Return targets as columns, whose names differ from those of the features."""
    column = nw.from_native(y, pass_through=True, allow_series=True)
    if is_table(y):
        table = frame_table(y, what)
    elif isinstance(column, nw.Series):
        name = "y" if column.name in (None, "") else str(column.name)
        table = frame_table(column.alias(name).to_frame().to_native(), what)
    else:
        table = _table_with_gaps(y, what) or _table_of_array(as_labels(y, what), what)
    names: list[str] = []
    for name in table.column_names:
        while name in {*columns, *names}:
            name += "_"
        names.append(name)
    return table.rename_columns(names)


def _table_with_gaps(y: Any, what: str) -> pa.Table | None:
    """Return a list or an array of objects as a column; None if no value is missing."""
    if not isinstance(y, list | tuple) and getattr(y, "dtype", None) != np.dtype(object):
        return None
    is_gap = np.array([_is_gap(value) for value in y], dtype=bool)
    if not is_gap.any() or is_gap.all():
        return None
    known = as_labels([value for value, gap in zip(y, is_gap, strict=True) if not gap], what)
    if known.ndim != 1:
        return None
    position = pa.array(np.cumsum(~is_gap) - 1, mask=is_gap)
    return pa.table({"y": pa.array(known).take(position)})


def _is_gap(value: Any) -> bool:
    return is_missing(type(value)) or (isinstance(value, float) and math.isnan(value))


def _table_of_array(y: NDArray[Any], what: str) -> pa.Table:
    if y.ndim not in (1, 2):
        raise InputError(
            f"{what} has shape {y.shape}; give one target for each row, (N,), or several, "
            "(N, targets)."
        )
    if y.ndim == 1 or y.shape[1] == 1:
        return pa.table({"y": y.ravel()})
    return pa.table({f"y{i}": np.ascontiguousarray(column) for i, column in enumerate(y.T)})


def _beside(rows: pa.Table, targets: pa.Table, x: str, y: str) -> pa.Table:
    """Return rows with their targets.

    Raises:
        InputError: There are more or fewer targets than rows, or they are also among the features.
    """
    if targets.num_rows != rows.num_rows:
        raise InputError(
            f"{x} has {rows.num_rows:,} rows and {y} {targets.num_rows:,} targets; give one for "
            "each row."
        )
    both = [
        name[:-1]
        for name in targets.column_names
        if name[:-1] in rows.column_names and rows[name[:-1]].equals(targets[name])
    ]
    if both:
        raise InputError(
            f"{x} has the targets, too, in column {listed([repr(name) for name in both])}; drop "
            f"it from {x}, or leave out {y} and name the column with target=."
        )
    for name in targets.column_names:
        rows = rows.append_column(name, targets[name])
    return rows
