"""Image files by path: one folder per class, a list of files, or a column of a table."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from optuna_dnc._errors import InputError, listed, shown
from optuna_dnc.data.images.decoding import ENDINGS
from optuna_dnc.data.images.image_files import ImageFiles
from optuna_dnc.data.tables.data_frames import table_of
from optuna_dnc.data.tables.values import is_text, plain

TRAIN, TEST = "train", "test"
"""Names of the folders with training and test images."""


def is_image_file(path: Path) -> bool:
    """Return whether a file is read as an image, by the end of its name."""
    return path.suffix.lower() in ENDINGS


def training_folders(folder: Path) -> tuple[Path, Path | None]:
    """Return the folder of the training classes, and that of the test classes if there is one.

    They are ``train`` and ``test`` in the folder, or the folder itself.
    """
    train, test = folder / TRAIN, folder / TEST
    if not (train.is_dir() and subfolders(train)):
        return folder, None
    return train, test if test.is_dir() else None


def files_by_class(folder: Path) -> ImageFiles:
    """Return the images in ``FOLDER/CLASS``, with the names of the classes as labels.

    Raises:
        InputError: There are no folders of classes, or one has no images.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; give one with a subfolder for each class.")
    classes = subfolders(folder)
    if not classes:
        loose = any(is_image_file(path) for path in folder.iterdir())
        raise InputError(
            f"{folder} has {'images but ' if loose else ''}no folders of classes; put the images "
            "of each class into a folder of its name, such as train/cat/1.png, or give a table "
            "with target=COLUMN and the paths in image=COLUMN."
        )
    paths: list[Path] = []
    labels: list[str] = []
    others = [path for path in folder.iterdir() if path.is_file() and not _is_hidden(path)]
    for member in classes:
        images, rest = _walk(member)
        if not images:
            raise InputError(
                f"{member} has no images ({', '.join(ENDINGS)}), though each folder in {folder} "
                "is a class; add images to it, or remove it."
            )
        paths += images
        labels += [member.name] * len(images)
        others += rest
    if others:
        warnings.warn(
            f"{len(others):,} file{'s' if len(others) > 1 else ''} in {folder} left out, which "
            f"are no images in a folder of a class: {listed([path.name for path in others], 3)}.",
            stacklevel=5,
        )
    return ImageFiles(tuple(paths), np.array(labels))


def all_files(path: Path) -> ImageFiles:
    """Return a single image, or all images in a folder and in folders within.

    They have labels if each lies in a folder of the folder: its name.

    Raises:
        InputError: There are none.
    """
    if not path.is_dir():
        if not path.is_file():
            raise InputError(f"{path} does not exist; give an image or a folder of images.")
        return ImageFiles((path,))
    images, _ = _walk(path)
    if not images:
        raise InputError(
            f"{path} has no images; give a folder of files that end in {', '.join(ENDINGS)}."
        )
    places = [image.relative_to(path).parts for image in images]
    if min(map(len, places)) == 1:
        return ImageFiles(tuple(images))
    return ImageFiles(tuple(images), np.array([parts[0] for parts in places]))


def _walk(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the images in a folder and in folders within, and the other files; none hidden."""
    images: list[Path] = []
    others: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(place, name) for name in sorted(names)):
            if not _is_hidden(path):
                (images if is_image_file(path) else others).append(path)
    return images, others


def subfolders(folder: Path) -> list[Path]:
    """Return the folders in a folder, except hidden ones."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not _is_hidden(path))


def _is_hidden(path: Path) -> bool:
    return path.name.startswith(".")


_FOLDER = b"optuna_dnc.folder"
"""Key of a table's metadata with the folder that its paths are relative to."""


def with_folder(table: pa.Table, folder: Path) -> pa.Table:
    """Add the folder of a table's file to its metadata."""
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
    """Return images that are given as files, as a path, as a list of paths, or in a table.

    Args:
        values: Anything.
        column: Column of tables with the paths; None if tables have no such column.

    Returns:
        None for anything else.
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
