"""Labels that come with raw samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.data.images.image_files import ImageFiles
from optuna_dnc.data.tables.data_frames import table_of
from optuna_dnc.data.tables.targets import targets_of


def labels_given(
    x: Any, target: Sequence[str], classes: Sequence[Any] | None
) -> NDArray[Any] | None:
    """Return the targets of rows by name; of files of images, the names of their folders.

    Args:
        x: A data frame, rows by name, or files of images.
        target: Columns that are predicted.
        classes: Labels of the training; None for a regression.

    Returns:
        None if a column is missing, or folders are not named after known classes.
    """
    if isinstance(x, ImageFiles):
        names = set() if x.labels is None else set(x.labels.tolist())
        return x.labels if names <= set(classes or ()) else None
    rows = table_of(x, "x")
    if rows is None or not target or not set(target) <= set(rows.column_names):
        return None
    labels = targets_of(rows, target, are_numbers=classes is None)
    is_whole = labels.dtype.kind == "f" and bool(np.isfinite(labels).all())
    return labels.astype(np.int64) if is_whole and classes is not None else labels
