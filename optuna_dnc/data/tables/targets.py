"""Targets in columns of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, listed
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
from optuna_dnc.data.tables.written_numbers import number_format, numbers_of


def targets_of(
    table: pa.Table, target: Sequence[str], *, are_numbers: bool = False
) -> NDArray[Any]:
    """Return the targets of rows that have them: (n,) of one column, (n, k) of several.

    Booleans and integers stay what they are, and so do strings unless they are numbers.

    Args:
        table: The rows.
        target: Names of the columns.
        are_numbers: Whether it is known that they are numbers and not classes.

    Raises:
        InputError: A column has values of another type, or one of several has no numbers.
    """
    alone = len(target) == 1
    columns = [_target(table, name, alone=alone, as_number=are_numbers) for name in target]
    return columns[0] if len(columns) == 1 else np.stack(columns, axis=1)


def task_of(y: NDArray[Any], target: Sequence[str]) -> Task:
    """Infer the task: text and booleans are classes, as are few integers; floats are targets.

    Raises:
        InputError: Numbers may be either; the message has both options.
    """
    if y.ndim == 2:
        if all(len(np.unique(column)) <= 2 for column in y.T):
            raise InputError(
                f"the targets {listed(list(target))} have two values each; several targets that "
                "are classes are not supported yet: search one at a time, or give "
                "task='regression' to predict them as numbers."
            )
        return "regression"
    name = f"the target {target[0]!r}"
    if y.dtype.kind == "f" and len(np.unique(y)) > MOST_WHOLE_CLASSES:
        return "regression"
    return infer_task(y, name)


def _target(table: pa.Table, name: str, *, alone: bool, as_number: bool) -> NDArray[Any]:
    values = plain(table[name])
    if is_text(values.type) and (numbers := _numbers_in(values, name, as_number)) is not None:
        values = pa.chunked_array([numbers])
    if pa.types.is_nested(values.type):
        raise InputError(
            f"the target {name!r} holds lists or records ({values.type}); sequences, rankings and "
            "sets of labels are not supported, give a column with one value for each row."
        )
    if not alone:
        if is_text(values.type):
            raise InputError(
                f"the target {name!r} holds strings; several targets that are classes are not "
                "supported yet: search one at a time."
            )
        return as_numbers(values, name)
    if pa.types.is_boolean(values.type):
        return np.asarray(values.to_numpy(), dtype=np.bool_)
    if pa.types.is_integer(values.type):
        return np.asarray(values.cast(pa.int64()).to_numpy())
    if is_number(values.type):
        return as_numbers(values, name)
    if is_date(values.type) or not is_text(values.type):
        raise InputError(
            f"the target {name!r} holds {values.type}, which is not supported; give classes as "
            "strings, integers or booleans, or numbers for a regression, such as days."
        )
    encoded = as_text(values).combine_chunks().dictionary_encode()
    labels = np.asarray(encoded.dictionary.to_pylist(), dtype=np.str_)
    return np.asarray(labels[encoded.indices.to_numpy()])


def _numbers_in(text: pa.ChunkedArray, name: str, as_number: bool) -> NDArray[np.float64] | None:
    """Return targets in strings as numbers; None if they are classes.

    Numbers such as ``1,234`` or ``5%`` may name classes, such as sizes, unless there are many.
    """
    if first_without_number(text) is None:
        return as_numbers(text, name)
    form = number_format(text)
    if form is None:
        return None
    numbers = numbers_of(text, name, form)
    return numbers if as_number or len(np.unique(numbers)) > MOST_WHOLE_CLASSES else None
