"""Targets in columns of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
from optuna_dnc.data.label_checks import MOST_WHOLE_CLASSES, Task, infer_task
from optuna_dnc.data.tables.values import (
    as_numbers,
    as_text,
    first_without_number,
    is_date,
    is_number,
    is_text,
    plain,
)


def targets_of(table: pa.Table, target: Sequence[str]) -> NDArray[Any]:
    """Return the targets of rows that have them: (n,) of one column, (n, k) of several.

    Strings, booleans and integers stay what they are.

    Raises:
        InputError: A column has values of another type, or one of several has no numbers.
    """
    columns = [_target(table, name, alone=len(target) == 1) for name in target]
    return columns[0] if len(columns) == 1 else np.stack(columns, axis=1)


def task_of(y: NDArray[Any], target: Sequence[str]) -> Task:
    """Infer the task: text and booleans are classes, as are few integers; floats are targets.

    Raises:
        InputError: Numbers may be either; the message has both options.
    """
    if y.ndim == 2:
        return "regression"
    name = f"the target {target[0]!r}"
    if y.dtype.kind == "f" and len(np.unique(y)) > MOST_WHOLE_CLASSES:
        return "regression"
    return infer_task(y, name)


def _target(table: pa.Table, name: str, *, alone: bool) -> NDArray[Any]:
    values = plain(table[name])
    if is_text(values.type) and first_without_number(values) is None:
        values = pa.chunked_array([as_numbers(values, name)])
    if not alone:
        return as_numbers(values, name)
    if pa.types.is_boolean(values.type):
        return np.asarray(values.to_numpy(), dtype=np.bool_)
    if pa.types.is_integer(values.type):
        return np.asarray(values.cast(pa.int64()).to_numpy())
    if is_number(values.type):
        return as_numbers(values, name)
    if is_date(values.type) or not is_text(values.type):
        raise InputError(
            f"the target {name!r} holds {values.type}; give classes as strings, integers or "
            "booleans, or numbers for a regression."
        )
    return np.asarray(as_text(values).to_pylist(), dtype=np.str_)
