"""Labels that come with raw samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc._errors import InputError
from optuna_dnc.data.images.image_files import ImageFiles
from optuna_dnc.data.tables.data_frames import table_of
from optuna_dnc.data.tables.targets import targets_of
from optuna_dnc.data.tables.values import plain


def labels_given(
    x: Any, target: Sequence[str], classes: Sequence[Any] | None
) -> NDArray[Any] | None:
    """Return the targets of rows by name; of files of images, the names of their folders.

    Args:
        x: A data frame, rows by name, or files of images.
        target: Columns that are predicted.
        classes: Labels of the training; None for a regression.

    Returns:
        None if a column is missing or empty, or folders are not named after known classes.

    Raises:
        InputError: Some rows have targets and others not, or they are of another type.
    """
    if isinstance(x, ImageFiles):
        names = set() if x.labels is None else set(x.labels.tolist())
        return x.labels if names <= set(classes or ()) else None
    rows = table_of(x, "x")
    if rows is None or not target or not set(target) <= set(rows.column_names):
        return None
    n_known = [len(rows) - plain(rows[name]).null_count for name in target]
    if not any(n_known):
        return None
    if min(n_known) < len(rows):
        raise InputError(
            f"the target {target[int(np.argmin(n_known))]!r} has missing values: "
            f"{len(rows) - min(n_known):,} of {len(rows):,} rows; fill them in, or leave out the "
            "column."
        )
    labels = targets_of(rows, target, are_numbers=classes is None)
    is_whole = labels.dtype.kind == "f" and bool(np.isfinite(labels).all())
    return labels.astype(np.int64) if is_whole and classes is not None else labels
