"""Data sets from data frames of any columns, with the targets apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
from optuna_dnc.data.arrays import as_labels
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.encoded_columns import encoded_columns
from optuna_dnc.data.frames import is_table
from optuna_dnc.data.label_checks import Task, check_targets_differ, infer_task
from optuna_dnc.data.tables.data_frames import frame_table
from optuna_dnc.data.tables.table import Table


def dataset_of_frames(name: str, parts: Mapping[str, Any], task: Task | None) -> Dataset:
    """Return the data set of the samples ``xtr`` and ``xte``, data frames, and targets apart.

    Args:
        name: Of the data set.
        parts: By ``xtr, ytr, xte, yte``; the last two may be missing.
        task: None infers it from the targets.

    Raises:
        InputError: A part is no data frame, or the samples cannot be trained on.
    """
    train = _table(parts["xtr"], f"{name}: xtr")
    test = _table(parts["xte"], f"{name}: xte") if "xte" in parts else None
    y_train = _targets(parts["ytr"], f"{name}: ytr")
    y_test = y_train[:0] if test is None else _targets(parts["yte"], f"{name}: yte")
    task = task or infer_task(y_train, f"{name}: ytr")
    if task == "regression":
        check_targets_differ(y_train, f"{name}: ytr")
    return Dataset(
        name=name,
        y_train=y_train,
        y_test=y_test,
        task=task,
        **encoded_columns(name, Table.of(train, {}), train, test),
    )


def _table(x: Any, name: str) -> pa.Table:
    if not is_table(x):
        raise InputError(
            f"{name} is a {type(x).__name__}, but other samples are a data frame with strings, "
            "categories, dates or missing values; give both as data frames with the same columns."
        )
    return frame_table(x, name)


def _targets(y: Any, name: str) -> NDArray[Any]:
    labels = as_labels(y, name)
    return np.atleast_1d(labels)
