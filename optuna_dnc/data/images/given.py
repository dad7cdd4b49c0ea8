"""Image files to predict for, given as paths or in a column of a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from optuna_dnc._errors import InputError, listed, shown
from optuna_dnc.data.images.folders import all_files
from optuna_dnc.data.images.image_files import ImageFiles
from optuna_dnc.data.tables.data_frames import table_of
from optuna_dnc.data.tables.values import is_text, plain

_FOLDER = b"optuna_dnc.folder"
"""Key of a table's metadata with the folder that its paths are relative to."""


def with_folder(table: pa.Table, folder: Path) -> pa.Table:
    """Note in a table's metadata the folder of its file."""
    return table.replace_schema_metadata({**(table.schema.metadata or {}), _FOLDER: str(folder)})


def files_in_column(table: pa.Table, column: str, what: str) -> ImageFiles:
    """Return the images whose paths are in a column, relative to the folder of the table's file.

    Raises:
        InputError: There is no such column, it holds no text, or a path is missing.
    """
    if column not in table.column_names:
        raise InputError(
            f"{what} lacks the column {column!r} with the paths of images; it has "
            f"{listed(table.column_names)}."
        )
    values = plain(table[column])
    if not is_text(values.type):
        raise InputError(
            f"{what}: column {column!r} must hold paths of images, got {values.type}; give "
            "another with image=COLUMN."
        )
    texts = values.to_pylist()
    if values.null_count:
        raise InputError(
            f"{what}: column {column!r} has no path in row {texts.index(None) + 1} and "
            f"{values.null_count} rows in all; fill in the paths, or leave those rows out."
        )
    folder = Path((table.schema.metadata or {}).get(_FOLDER, b"").decode())
    return ImageFiles(tuple(folder / text for text in texts))


def files_given(values: Any, column: str | None) -> ImageFiles | None:
    """Return image files that are given as such, as a path, as a list of paths, or in a table.

    Args:
        values: Anything.
        column: Column of tables that has the paths; None if tables have none.

    Returns:
        None if they are anything else.
    """
    if isinstance(values, ImageFiles):
        return values
    if isinstance(values, str | Path):
        return all_files(Path(values).expanduser())
    if isinstance(values, list | tuple) and values and isinstance(values[0], str | Path):
        if wrong := [value for value in values if not isinstance(value, str | Path)]:
            raise InputError(
                f"x must hold only paths of images, but also has {shown(wrong[0])}; change it."
            )
        return ImageFiles(tuple(Path(value).expanduser() for value in values))
    rows = None if column is None else table_of(values, "x")
    return None if rows is None else files_in_column(rows, column or "", "x")
