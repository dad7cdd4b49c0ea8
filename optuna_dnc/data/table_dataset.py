"""Data sets from tables: which columns are used for what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from optuna_dnc._errors import InputError, listed, unknown_name
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.label_checks import Task
from optuna_dnc.data.labeled_rows import LabeledRows, resolved, target_of
from optuna_dnc.data.tables.fitting import Gaps
from optuna_dnc.data.tables.options import DataOptions
from optuna_dnc.data.tables.table import Table, warn_of_unseen


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
        name: Name of the data set.
        table: All rows except those of ``test``.
        test: Test rows; None to hold out rows as the options say, if they do.
        options: Columns and rows.
        task: None infers it from the target.
        seed: Seed of the draw of test rows.

    Raises:
        InputError: A column is unknown or unusable, or the rows cannot be trained on.
    """
    target = target_of(name, table.column_names, options)
    features = _features(table.column_names, target, options)
    _check_kinds(features, options.kind)
    rows = LabeledRows.of(name, table, test, options, task=task, seed=seed)
    names = rows.train.column_names
    columns = Table.of(rows.train.select(features), options.kind, target, names)
    encoded = columns.encode(rows.train, name)
    gaps: Gaps = {}
    x_test = encoded.x[:0]
    if rows.test is not None:
        tested = columns.encode(rows.test, f"the test table of {name}")
        x_test, gaps = tested.x, tested.gaps
        warn_of_unseen(tested.unseen, f"the test rows of {name}")
    return rows.dataset(
        "features",
        x_train=encoded.x,
        x_test=x_test,
        feature_names=columns.inputs,
        table=columns,
        test_gaps=gaps,
    )


def _features(columns: Sequence[str], target: Sequence[str], options: DataOptions) -> list[str]:
    chosen = resolved(options.features, columns, "features")
    dropped = resolved(options.drop, columns, "drop")
    for argument in ("weights", "group", "time_split"):
        name = getattr(options, argument)
        if name is not None and name not in columns:
            raise unknown_name(f"{argument}: column", name, columns)
        if name in target:
            raise InputError(f"{argument} is the target {name}; choose another column.")
    apart = {options.weights, options.group} - {None}
    if wrong := set(chosen) & {*target, *dropped, *apart}:
        raise InputError(
            f"features has {listed(sorted(wrong))}, which is also the target, dropped, the "
            "weights or the group; remove it from one of them."
        )
    features = [c for c in columns if c not in {*target, *dropped, *apart}]
    features = [column for column in features if not chosen or column in chosen]
    if not features:
        raise InputError(
            "no column is left to learn from; give fewer columns as target and with drop=."
        )
    return features


def _check_kinds(features: Sequence[str], kinds: Mapping[str, Any]) -> None:
    for name in kinds:
        if name not in features:
            raise unknown_name("kind: feature", name, features)
