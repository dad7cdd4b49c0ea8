"""Targets in columns of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, listed, shown
from optuna_dnc.data.label_checks import MOST_WHOLE_CLASSES, Task, infer_task
from optuna_dnc.data.multilabel import WORDS, is_one_hot, label_values, one_hot_error
from optuna_dnc.data.tables.digit_codes import has_digit_codes
from optuna_dnc.data.tables.points import training_numbers, unclear_number
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
from optuna_dnc.tasks import learning_task

SEPARATORS = ("|", ";")
"""Characters between the labels of a list in one cell."""


def targets_of(
    table: pa.Table, target: Sequence[str], *, are_numbers: bool = False
) -> NDArray[Any]:
    """Return the targets of rows that have them: (n,) of one column, (n, k) of several.

    Booleans and integers stay what they are, and so do strings unless they are numbers; several
    columns become one type.

    Args:
        table: The rows.
        target: Names of the columns.
        are_numbers: Whether it is known that they are numbers and not classes.

    Raises:
        InputError: A column has values of another type, or some of several have no numbers.
    """
    columns = [_target(table, name, as_number=are_numbers) for name in target]
    if len(columns) == 1:
        return columns[0]
    texts = [name for name, y in zip(target, columns, strict=True) if y.dtype.kind == "U"]
    if texts and len(texts) < len(target):
        others = [name for name in target if name not in texts]
        raise InputError(
            f"the target {texts[0]!r} holds strings and {others[0]!r} does not; write yes/no "
            "labels alike in all target columns, such as 0 and 1, or search one target at a time."
        )
    kinds = {y.dtype.kind for y in columns}
    return np.stack(columns if len(kinds) == 1 else [y.astype(float) for y in columns], axis=1)


def task_of(y: NDArray[Any], target: Sequence[str]) -> Task:
    """Infer the task: text and booleans are classes, as are few integers; floats are targets.

    Two whole numbers are classes also as floats, into which gaps turn them in most files. Several
    columns with yes/no values are labels, and several others targets.

    Raises:
        InputError: Numbers may be either; the message has both options.
    """
    if y.ndim == 2:
        return _task_of_several(y, target)
    name = f"the target {target[0]!r}"
    if y.dtype.kind == "U":
        _check_no_lists(y, name)
    n_values = len(np.unique(y))
    if y.dtype.kind == "f" and n_values > MOST_WHOLE_CLASSES:
        return "regression"
    if y.dtype.kind == "f" and np.all(y == np.rint(y)) and np.abs(y).max() <= 2**53:
        if n_values == 2:  # such as 0 and 1
            return "classification"
        raise InputError(
            f"{name} holds whole numbers as {y.dtype}; give task='classification' if these are "
            "classes, or give task='regression' if these are quantities."
        )
    return infer_task(y, name)


def as_task_wants(y: NDArray[Any], task: Task) -> NDArray[Any]:
    """Return targets in the type of a task.

    Whole numbers that are labels become integers; gaps made them floats in the file. Several
    booleans or integers become floats for a regression.
    """
    if y.dtype.kind == "f" and learning_task(task).predicts_labels:
        return y.astype(np.int64) if np.all(y == np.rint(y)) else y
    is_numbers = y.ndim == 2 and y.dtype.kind in "biu" and task == "regression"
    return y.astype(np.float64) if is_numbers else y


def _task_of_several(y: NDArray[Any], target: Sequence[str]) -> Task:
    names = listed(list(target))
    whole = as_task_wants(y, "multilabel")
    if (values := label_values(whole)) is not None:
        if is_one_hot(whole == values[1]):
            raise one_hot_error(f"the targets {names}")
        return "multilabel"
    if y.dtype.kind == "U":
        raise InputError(f"the targets {names} hold {_why_no_labels(y, target)}.")
    few = [name for name, column in zip(target, y.T, strict=True) if len(np.unique(column)) <= 2]
    if not few:
        return "regression"
    if len(few) < len(target):
        others = [name for name in target if name not in few]
        raise InputError(
            f"the targets {listed(few)} have at most two values, and {listed(others)} more; "
            "search yes/no labels and numbers one after the other, or give task='regression' to "
            "predict all of them as numbers."
        )
    raise InputError(
        f"the targets {names} have at most two values each, which are not 0 and 1; write them as "
        "0 and 1 for multi-label classification, or give task='regression' to predict them as "
        "numbers."
    )


def _why_no_labels(y: NDArray[Any], target: Sequence[str]) -> str:
    """Return what is wrong with columns of strings that are no labels, and what to do."""
    found = {name: np.unique(column).tolist() for name, column in zip(target, y.T, strict=True)}
    for name, values in found.items():
        if not any({value.lower() for value in values} <= set(pair) for pair in WORDS):
            return (
                f"strings that are not yes or no, such as {shown(values[0])} in {name!r}; several "
                "targets with more than two classes are not supported: search one at a time"
            )
    notations = [f"{', '.join(map(shown, values))} in {name!r}" for name, values in found.items()]
    return f"yes and no in several notations, {listed(notations)}; write them alike everywhere"


def _check_no_lists(y: NDArray[Any], name: str) -> None:
    """Raise if cells look like lists of labels: their parts are fewer than their texts."""
    texts = np.unique(y).tolist()
    for separator in SEPARATORS:
        parts = {part.strip() for text in texts for part in text.split(separator)}
        if len(parts) < len(texts) and any(separator in text for text in texts):
            some = next(text for text in texts if separator in text)
            raise InputError(
                f"{name} holds lists of labels such as {shown(some)}; give one yes/no column for "
                f"each label, such as pandas' str.get_dummies({separator!r}) makes, or give "
                "task='classification' if each text is a class of its own."
            )


def _target(table: pa.Table, name: str, *, as_number: bool) -> NDArray[Any]:
    values = plain(training_numbers(table[name]))
    if is_text(values.type) and (numbers := _numbers_in(values, name, as_number)) is not None:
        values = pa.chunked_array([numbers])
    if pa.types.is_nested(values.type):
        raise InputError(
            f"the target {name!r} holds lists or records ({values.type}); sequences and rankings "
            "are not supported, give a column with one value for each row, and of lists of labels "
            "one yes/no column for each label."
        )
    if pa.types.is_boolean(values.type):
        return np.asarray(values.to_numpy(), dtype=np.bool_)
    if pa.types.is_integer(values.type):
        is_beyond = (pc.max(values).as_py() or 0) > np.iinfo(np.int64).max  # unsigned ones
        return np.asarray((values if is_beyond else values.cast(pa.int64())).to_numpy())
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

    Numbers such as ``1,234`` or ``5%`` may name classes, such as sizes, unless there are many, and
    numbers with a unit, such as ``18 years``, or with leading zeros, such as ``007``, in any case.
    """
    if not as_number and has_digit_codes(text):
        return None
    form = number_format(text)
    if form is not None and form.has_unit and not as_number:
        return None
    if form is None and first_without_number(text) is None:
        return as_numbers(text, name)
    if form is None and (number := unclear_number(text)) is not None:
        raise InputError(
            f"the point in {shown(number)} of the target {name!r} may separate decimals or "
            "thousands, and no other number of the column tells which; remove it, or the sign."
        )
    if form is None:
        return None
    numbers = numbers_of(text, name, form)
    return numbers if as_number or len(np.unique(numbers)) > MOST_WHOLE_CLASSES else None
