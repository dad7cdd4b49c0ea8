"""Files of predictions: CSV, Parquet or NumPy arrays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from optuna_dnc._errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

    from optuna_dnc.data import Preprocessing

ENDINGS = (".csv", ".parquet", ".npz")


def check_out(path: Path) -> None:
    """Raise :class:`InputError` unless a file of this name can be written."""
    from optuna_dnc._files import check_new

    if path.suffix.lower() not in ENDINGS:
        raise InputError(f"--out: {path} must end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}.")
    check_new(path)


def write_predictions(
    path: Path, arrays: Mapping[str, NDArray[Any]], preprocessing: Preprocessing
) -> None:
    """Write predictions: arrays by name, or a table with a column for each target and class."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import csv, parquet

    from optuna_dnc._files import new_file

    with new_file(path) as draft:
        if path.suffix.lower() == ".npz":
            np.savez_compressed(draft, **dict(arrays))  # type: ignore[arg-type]
            return
        table = pa.table(_columns(arrays, preprocessing))
        write = csv.write_csv if path.suffix.lower() == ".csv" else parquet.write_table
        write(table, draft)


def _columns(
    arrays: Mapping[str, NDArray[Any]], preprocessing: Preprocessing
) -> dict[str, NDArray[Any]]:
    """Return the columns by name: those of the targets, and one for each class."""
    predictions = arrays["predictions"]
    targets = preprocessing.output_names
    if predictions.ndim == 1:
        columns = {targets[0] if targets else "prediction": predictions}
    else:
        names = targets or [f"prediction_{i}" for i in range(predictions.shape[1])]
        columns = dict(zip(names, predictions.T, strict=True))
    if "files" in arrays:
        columns = {"file": arrays["files"], **columns}
    if "probabilities" in arrays:
        classes = arrays["classes"].tolist()
        columns |= {
            f"probability of {label}": values
            for label, values in zip(classes, arrays["probabilities"].T, strict=True)
        }
    return columns
