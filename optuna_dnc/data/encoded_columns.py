"""Fields of a data set that come from the columns of tables."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from typing_extensions import TypedDict

from optuna_dnc.data.tables.fitting import Gaps
from optuna_dnc.data.tables.table import Table, warn_of_unseen


class EncodedColumns(TypedDict):
    """Fields of :class:`optuna_dnc.data.Dataset` with the features."""

    x_train: Any
    x_test: Any
    feature_names: tuple[str, ...]
    table: Table
    test_gaps: Gaps


def encoded_columns(
    name: str, columns: Table, train: pa.Table, test: pa.Table | None
) -> EncodedColumns:
    """Encode training and test rows.

    Args:
        name: Of the data set, for messages.
        columns: Columns of the training rows.
        train: Training rows.
        test: Test rows; None if there are none.
    """
    encoded = columns.encode(train, name)
    gaps: Gaps = {}
    x_test = encoded.x[:0]
    if test is not None:
        tested = columns.encode(test, f"the test table of {name}")
        x_test, gaps = tested.x, tested.gaps
        warn_of_unseen(tested.unseen, f"the test rows of {name}")
    return EncodedColumns(
        x_train=encoded.x,
        x_test=x_test,
        feature_names=columns.inputs,
        table=columns,
        test_gaps=gaps,
    )
