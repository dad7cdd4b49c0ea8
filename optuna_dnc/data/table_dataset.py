"""Data sets from tables: which columns and rows are used for what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from optuna_dnc._errors import InputError, cut, listed, unknown_name
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.label_checks import Task, check_targets_differ
from optuna_dnc.data.split import hold_out
from optuna_dnc.data.tables.options import DataOptions
from optuna_dnc.data.tables.table import Table, warn_of_unseen
from optuna_dnc.data.tables.targets import targets_of, task_of
from optuna_dnc.data.tables.values import (
    as_numbers,
    as_seconds,
    as_text,
    date_format,
    is_number,
    is_text,
    plain,
)


def dataset_of_tables(
    name: str,
    table: pa.Table,
    test: pa.Table | None,
    options: DataOptions,
    *,
    task: Task | None,
    seed: int,
) -> Dataset:
    """Return the data set of a table with a target column.

    Kinds, categories and fills of columns come from the training rows alone.

    Args:
        name: Of the data set.
        table: All rows but those of ``test``.
        test: Test rows; None to hold out those that the options say, if any.
        options: Columns and rows.
        task: None infers it from the target.
        seed: Of the draw of test rows.

    Raises:
        InputError: A column is unknown or unusable, or the rows cannot be trained on.
    """
    target = _target(name, table.column_names, options)
    features = _features(table.column_names, target, options)
    _check_kinds(features, options.kind)
    table = _labeled(name, table, target, options)
    if test is not None:
        test = _labeled(f"the test table of {name}", test, target, options)
    y = targets_of(table, target)
    task = task or task_of(y, target)
    held_out = np.empty(0, dtype=np.int64)
    kept = np.arange(table.num_rows)
    if options.test_fraction is not None:
        kept, held_out = hold_out(
            y,
            fraction=options.test_fraction,
            seed=seed,
            stratify=task == "classification",
            groups=_groups(table, options.group),
            times=_times(table, options.time_split),
        )
        test = table.take(held_out)
        table = table.take(kept)
    columns = Table.of(table.select(features), options.kind, target, table.column_names)
    encoded = columns.encode(table, name)
    x_test = encoded.x[:0]
    if test is not None:
        tested = columns.encode(test, f"the test table of {name}")
        x_test = tested.x
        warn_of_unseen(tested.unseen, f"the test rows of {name}")
    y_test = y[:0] if test is None else targets_of(test, target)
    dataset = _checked(
        name,
        target,
        x_train=encoded.x,
        y_train=_as_labels(y[kept], task),
        x_test=x_test,
        y_test=_as_labels(y_test, task),
        task=task,
        feature_names=columns.inputs,
        table=columns,
        weights=_weights(table, options.weights),
        groups=_groups(table, options.group),
        times=_times(table, options.time_split),
    )
    if task == "regression":
        check_targets_differ(dataset.y_train, f"{name}: the target {listed(target)}")
    return dataset


def _target(name: str, columns: Sequence[str], options: DataOptions) -> tuple[str, ...]:
    if not options.target:
        raise InputError(
            f"target: {name} needs the column that is to be predicted; give target=COLUMN, one of "
            f"{cut(', '.join(columns), 200)}."
        )
    target = _resolved(options.target, columns, "target")
    left_out = set(target) & set(_resolved(options.drop, columns, "drop"))
    if left_out:
        raise InputError(f"drop has the target {listed(sorted(left_out))}; take it from one.")
    return target


def _features(columns: Sequence[str], target: Sequence[str], options: DataOptions) -> list[str]:
    chosen = _resolved(options.features, columns, "features")
    dropped = _resolved(options.drop, columns, "drop")
    apart = _resolved([n for n in (options.weights, options.group) if n is not None], columns)
    if options.time_split is not None:
        _resolved([options.time_split], columns, "time_split")
    if wrong := set(chosen) & {*target, *dropped, *apart}:
        raise InputError(
            f"features has {listed(sorted(wrong))}, which is also the target, dropped, the "
            "weights or the group; take it from one of them."
        )
    features = [c for c in columns if c not in {*target, *dropped, *apart}]
    features = [column for column in features if not chosen or column in chosen]
    if not features:
        raise InputError(
            "no column is left to learn from; give fewer columns as target and with drop=."
        )
    return features


def _resolved(
    names: Sequence[str], columns: Sequence[str], argument: str = "weights or group"
) -> tuple[str, ...]:
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


def _check_kinds(features: Sequence[str], kinds: Mapping[str, Any]) -> None:
    for name in kinds:
        if name not in features:
            raise unknown_name("kind: feature", name, features)


def _labeled(name: str, table: pa.Table, target: Sequence[str], options: DataOptions) -> pa.Table:
    """Return the rows that have all targets.

    Raises:
        InputError: Some have none, and are not to be left out.
    """
    for column in target:
        if column not in table.column_names:
            raise InputError(
                f"{name} lacks the target {column!r}; give a table with the same columns as that "
                "of the training rows."
            )
    known = np.ones(table.num_rows, dtype=bool)
    for column in target:
        known &= pc.is_valid(plain(table[column])).to_numpy()
    if known.all():
        return table
    n_missing = int(np.count_nonzero(~known))
    if not options.drop_unlabeled or not known.any():
        raise InputError(
            f"{name}: the target {listed(list(target))} has missing values: {n_missing:,} of "
            f"{table.num_rows:,} rows, the first in row {int(np.argmin(known)) + 1}; fill them "
            "in, or leave those rows out with drop_unlabeled=True."
        )
    return table.filter(pa.array(known))


def _as_labels(y: NDArray[Any], task: Task) -> NDArray[Any]:
    """Return whole numbers that are classes as integers; gaps made them floats in the file."""
    is_whole = y.dtype.kind == "f" and task == "classification" and bool(np.all(y == np.rint(y)))
    return y.astype(np.int64) if is_whole else y


def _weights(table: pa.Table, column: str | None) -> NDArray[np.float64] | None:
    return None if column is None else as_numbers(plain(table[column]), column)


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
    times = as_numbers(values, column) if is_number(values.type) else _dates(values, column)
    if np.isnan(times).any():
        raise InputError(
            f"time_split: column {column!r} has {int(np.isnan(times).sum()):,} missing values; "
            "fill them in, or leave those rows out."
        )
    return times


def _dates(values: pa.ChunkedArray, column: str) -> NDArray[np.float64]:
    return as_seconds(values, column, date_format(values) if is_text(values.type) else None)


def _checked(name: str, target: Sequence[str], **fields: Any) -> Dataset:
    """Create a data set whose errors name the columns of the table."""
    try:
        return Dataset(name=name, **fields)
    except InputError as error:
        message = str(error)
        shown_target = f"the target {listed(list(target))}"
        for key, words in (
            ("xtr", "the features"),
            ("xte", "the test features"),
            ("ytr", shown_target),
            ("yte", f"{shown_target} of the test rows"),
        ):
            message = message.replace(f": {key} ", f": {words} ")
        raise InputError(message) from None
