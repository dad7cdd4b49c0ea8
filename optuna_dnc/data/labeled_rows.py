"""Rows of tables with their targets, divided into training and test rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, argument_named, cut, listed, unknown_name
from optuna_dnc._markdown import counted
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.label_checks import Task, check_targets_differ
from optuna_dnc.data.split import hold_out
from optuna_dnc.data.tables.options import DataOptions
from optuna_dnc.data.tables.targets import as_task_wants, targets_of, task_of
from optuna_dnc.data.tables.values import (
    as_numbers,
    as_seconds,
    as_text,
    date_format,
    first_without_number,
    is_number,
    is_text,
    plain,
    weights_of,
)
from optuna_dnc.tasks import learning_task


@dataclass(frozen=True, eq=False)
class LabeledRows:
    """Rows with their targets, before they become samples."""

    name: str
    train: pa.Table
    test: pa.Table | None
    target: tuple[str, ...]
    task: Task
    fields: Mapping[str, Any]
    """Labels, weights, groups and times: fields of a :class:`Dataset`."""

    @classmethod
    def of(
        cls,
        name: str,
        table: pa.Table,
        test: pa.Table | None,
        options: DataOptions,
        *,
        task: Task | None,
        seed: int,
    ) -> LabeledRows:
        """Take the targets of a table, and hold out rows to test if the options say so.

        Args:
            name: Name of the data set.
            table: All rows except those of ``test``.
            test: Test rows; None to hold out rows as the options say, if they do.
            options: Columns and rows.
            task: None infers it from the target.
            seed: Seed of the draw of test rows.
        """
        target = target_of(name, table.column_names, options)
        table = _labeled(name, table, target, options)
        if test is not None:
            test = _labeled(f"the test table of {name}", test, target, options)
        y = targets_of(table, target, are_numbers=task == "regression")
        task = task or task_of(y, target)
        if options.test_fraction is not None:
            kept, held_out = hold_out(
                y,
                fraction=options.test_fraction,
                seed=seed,
                stratify=learning_task(task).predicts_labels,
                groups=_groups(table, options.group),
                times=_times(table, options.time_split),
            )
            test = table.take(held_out)
            table, y = table.take(kept), y[kept]
        y_test = y[:0]
        if test is not None:
            y_test = targets_of(test, target, are_numbers=y.dtype.kind == "f")
        fields = {
            "y_train": as_task_wants(y, task),
            "y_test": as_task_wants(y_test, task),
            "target_names": target if len(target) > 1 else None,
            "weights": _weights(table, options.weights),
            "groups": _groups(table, options.group),
            "times": _times(table, options.time_split),
            "test_weights": _weights(test, options.weights),
        }
        return cls(name, table, test, target, task, fields)

    def dataset(self, samples: str, **fields: Any) -> Dataset:
        """Return the checked data set of these rows.

        Args:
            samples: Term for the samples in messages, such as ``features``.
            **fields: Other fields of the data set.
        """
        target = f"the target {listed(list(self.target))}"
        dataset = checked_dataset(
            {
                "xtr": f"the {samples}",
                "xte": f"the test {samples}",
                "ytr": target,
                "yte": f"{target} of the test rows",
            },
            name=self.name,
            task=self.task,
            **self.fields,
            **fields,
        )
        if self.task == "regression":
            check_targets_differ(dataset.y_train, f"{self.name}: {target}")
        return dataset


def checked_dataset(words: Mapping[str, str], **fields: Any) -> Dataset:
    """Create a data set whose errors use the terms of its source.

    Args:
        words: Terms for ``xtr``, ``xte``, ``ytr`` and ``yte``.
        **fields: Fields of the data set.
    """
    try:
        return Dataset(**fields)
    except InputError as error:
        message = str(error)
        for key, word in words.items():
            message = message.replace(f": {key} ", f": {word} ")
        raise InputError(message) from None


def target_of(name: str, columns: Sequence[str], options: DataOptions) -> tuple[str, ...]:
    """Return the names of the columns that are predicted.

    Raises:
        InputError: No column is named, or one is unknown or dropped.
    """
    if not options.target:
        raise InputError(
            f"target: {name} needs the column that is to be predicted; give target=COLUMN, one of "
            f"{cut(', '.join(columns), 200)}."
        )
    target = resolved(options.target, columns, "target")
    left_out = set(target) & set(resolved(options.drop, columns, "drop"))
    if left_out:
        raise InputError(
            f"drop has the target {listed(sorted(left_out))}; remove it from one of them."
        )
    return target


def resolved(names: Sequence[str], columns: Sequence[str], argument: str) -> tuple[str, ...]:
    """Return names of columns; ``a,b`` are two unless a column has this name.

    Raises:
        InputError: A name is unknown.
    """
    found: list[str] = []
    for given in names:
        parts = [given] if given in columns else [part.strip() for part in given.split(",")]
        for part in parts:
            if part not in columns:
                raise unknown_name(f"{argument}: column", part, columns)
        found += parts
    return tuple(dict.fromkeys(found))


def _labeled(name: str, table: pa.Table, target: Sequence[str], options: DataOptions) -> pa.Table:
    """Return the rows that have all targets.

    Raises:
        InputError: Some rows have no target and may not be left out.
    """
    for column in target:
        if column not in table.column_names:
            raise InputError(
                f"{name} lacks the target {column!r}; give a table with the same columns as that "
                "of the training rows."
            )
    valid = [pc.is_valid(plain(table[column])).to_numpy() for column in target]
    known = np.all(valid, axis=0)
    if known.all():
        return table
    n_missing = int(np.count_nonzero(~known))
    incomplete = [column for column, has in zip(target, valid, strict=True) if not has.all()]
    if not options.drop_unlabeled or not known.any():
        raise InputError(
            f"{name}: the target {listed(incomplete)} has missing values: {n_missing:,} of "
            f"{table.num_rows:,} rows, the first in row {int(np.argmin(known)) + 1}; fill them "
            "in, or leave those rows out with drop_unlabeled=True."
        )
    return table.filter(pa.array(known))


def _weights(table: pa.Table | None, column: str | None) -> NDArray[np.float64] | None:
    """Return the weights of rows; None if they have none, as test rows may."""
    if table is None or column is None or column not in table.column_names:
        return None
    with argument_named("weights"):
        return weights_of(plain(table[column]), column)


def _groups(table: pa.Table, column: str | None) -> NDArray[np.int64] | None:
    """Return the number of each row's group; rows without one are groups of their own."""
    if column is None:
        return None
    text = as_text(plain(table[column]))
    codes = text.combine_chunks().dictionary_encode().indices
    groups: NDArray[Any] = pc.fill_null(codes.cast(pa.int64()), -1).to_numpy()
    alone = np.flatnonzero(groups < 0)
    groups = groups.copy()
    groups[alone] = groups.max(initial=-1) + 1 + np.arange(len(alone))
    return groups


def _times(table: pa.Table, column: str | None) -> NDArray[np.float64] | None:
    if column is None:
        return None
    values = plain(table[column])
    with argument_named("time_split"):
        times = as_numbers(values, column) if _are_numbers(values) else _dates(values, column)
    gaps = np.flatnonzero(np.isnan(times))
    if gaps.size:
        raise InputError(
            f"time_split: column {column!r} has {counted(len(gaps), 'missing value')}, the first "
            f"in row {gaps[0] + 1}; fill them in, or leave those rows out."
        )
    return times


def _are_numbers(values: pa.ChunkedArray) -> bool:
    """Return whether times are numbers, also in strings, such as ``007``."""
    return is_number(values.type) or (
        is_text(values.type) and first_without_number(values) is None
    )


def _dates(values: pa.ChunkedArray, column: str) -> NDArray[np.float64]:
    return as_seconds(values, column, date_format(values) if is_text(values.type) else None)
