"""Data sets from files of images, in folders or listed in tables, and their loader."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
from numpy.typing import NDArray
from typing_extensions import override

from optuna_dnc._errors import InputError, listed, shown
from optuna_dnc._names import readable
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.images.decoding import check_memory, common_format
from optuna_dnc.data.images.folders import (
    TEST,
    TRAIN,
    all_files,
    files_by_class,
    files_in_column,
    is_image_file,
    subfolders,
    training_folders,
)
from optuna_dnc.data.images.image_files import ImageFiles
from optuna_dnc.data.images.image_format import ImageFormat
from optuna_dnc.data.label_checks import Task
from optuna_dnc.data.labeled_rows import LabeledRows, checked_dataset, resolved
from optuna_dnc.data.loader import DataRoot, Loader, RawSamples, is_path
from optuna_dnc.data.split import hold_out
from optuna_dnc.data.tables.options import DataOptions


def dataset_of_image_folder(
    name: str, folder: Path, options: DataOptions, *, task: Task | None, seed: int
) -> Dataset:
    """Return the data set of ``FOLDER/CLASS/*.png``, or of such folders ``train`` and ``test``.

    Args:
        name: Name of the data set.
        folder: The folder.
        options: ``test``, ``test_fraction`` and ``image_size``.
        task: ``classification``, or None.
        seed: Seed of the draw of test images.

    Raises:
        InputError: The folder has another layout, or images that cannot be trained on.
    """
    if task == "regression":
        raise InputError(
            f"task must be 'classification' for a folder of images, got 'regression': {folder} "
            "gives classes; give a table with target=COLUMN and the paths in image=COLUMN."
        )
    train_folder, test_folder = training_folders(folder)
    _warn_of_others(folder, train_folder, options.test)
    for option in ("test", "test_fraction"):
        if test_folder is not None and getattr(options, option) is not None:
            raise InputError(
                f"{option} was given, and {test_folder} has test images; leave one of them out: "
                f"give {train_folder} as the data."
            )
    if options.test is not None:
        if not isinstance(options.test, str | Path):
            raise InputError(f"test must be a folder of images, got {shown(options.test)}.")
        test_folder = Path(options.test).expanduser()
    files = files_by_class(train_folder)
    test = files[:0] if test_folder is None else files_by_class(test_folder)
    assert files.labels is not None
    if len(set(files.labels.tolist())) == 1:
        raise InputError(
            f"{train_folder} has a folder of one class only, {str(files.labels[0])!r}; give at "
            "least two classes, otherwise there is nothing to learn."
        )
    if options.test_fraction is not None:
        kept, held_out = hold_out(
            files.labels, fraction=options.test_fraction, seed=seed, stratify=True
        )
        files, test = files.take(kept), files.take(held_out)
    x_train, x_test, form = _pixels(name, files, test, options)
    return checked_dataset(
        {
            "xtr": "the images",
            "xte": "the test images",
            "ytr": f"the folder {train_folder.name}",
            "yte": "the test folder",
        },
        name=name,
        task="classification",
        x_train=x_train,
        y_train=files.labels,
        x_test=x_test,
        y_test=test.labels,
        images=form,
    )


def dataset_of_image_table(
    name: str,
    table: pa.Table,
    test: pa.Table | None,
    options: DataOptions,
    *,
    task: Task | None,
    seed: int,
) -> Dataset:
    """Return the data set of the images whose paths are in the column ``options.image``.

    Takes the arguments of :func:`optuna_dnc.data.table_dataset.dataset_of_tables`.

    Raises:
        InputError: A column or an image cannot be used.
    """
    assert options.image is not None
    for option in ("features", "drop", "kind"):
        if option in options.model_fields_set:
            raise InputError(
                f"{option} is for columns that are learned from, and with image="
                f"{options.image!r} only the images are; leave it out."
            )
    resolved([options.image], table.column_names, "image")
    rows = LabeledRows.of(name, table, test, options, task=task, seed=seed)
    files = files_in_column(rows.train, options.image, name)
    tested = files[:0]
    if rows.test is not None:
        tested = files_in_column(rows.test, options.image, f"the test table of {name}")
    x_train, x_test, form = _pixels(name, files, tested, options)
    form = replace(form, column=options.image, target=rows.target)
    return rows.dataset("images", x_train=x_train, x_test=x_test, images=form)


def _warn_of_others(folder: Path, train: Path, test: Any) -> None:
    """Warn of folders beside that of the training images which are not used."""
    used = {TRAIN, TEST} | ({Path(test).name} if isinstance(test, str | Path) else set())
    others = [path.name for path in subfolders(folder) if path.name not in used]
    if train != folder and others:
        warnings.warn(
            f"{folder} has folders beside {TRAIN} and {TEST}, which are left out: "
            f"{listed(others)}. Validation images are drawn from {TRAIN}.",
            stacklevel=5,
        )


def _pixels(
    name: str, train: ImageFiles, test: ImageFiles, options: DataOptions
) -> tuple[NDArray[Any], NDArray[Any], ImageFormat]:
    """Read training and test images in the format that suits the training images."""
    form = common_format(name, train.headers(), options.height_and_width)
    check_memory(name, len(train) + len(test), form)
    return train.read(form), test.read(form), form


class ImageLoader(Loader):
    """Folders of images, with a folder for each class; to predict, also single images."""

    accepts: ClassVar[tuple[str, ...]] = ("FOLDER of images",)
    options: ClassVar[frozenset[str]] = frozenset({"test", "test_fraction", "image_size"})

    @override
    def matches(self, source: Any) -> bool:
        if not is_path(source):
            return False
        path = Path(source).expanduser()
        return is_image_file(path) or path.is_dir()

    @override
    def load(
        self, source: Any, *, task: Task | None = None, data_root: DataRoot = None
    ) -> Dataset:
        return self.load_with(source, DataOptions(), task=task, data_root=data_root)

    @override
    def load_with(
        self,
        source: str | Path,
        options: DataOptions,
        *,
        task: Task | None = None,
        data_root: DataRoot = None,
        seed: int = 0,
    ) -> Dataset:
        del data_root
        path = Path(source).expanduser()
        if not path.is_dir():
            problem = "is a single file" if path.exists() else "does not exist"
            raise InputError(f"{path} {problem}; give a folder with a subfolder for each class.")
        name = readable(path.absolute().name)
        return dataset_of_image_folder(name, path, options, task=task, seed=seed)

    @override
    def read_samples(
        self, source: str | Path, *, training: bool = False, data_root: DataRoot = None
    ) -> RawSamples:
        """Read the paths of images; of a folder with ``train`` and ``test``, the test images."""
        del training, data_root
        path = Path(source).expanduser()
        return RawSamples(path.name, all_files(_samples_in(path)), None)

    @override
    def read_labels(self, source: str | Path) -> NDArray[Any] | None:
        return all_files(_samples_in(Path(source).expanduser())).labels


def _samples_in(path: Path) -> Path:
    """Return the folder of test images, or the folder of training images if there is none."""
    if not path.is_dir():
        return path
    train, test = training_folders(path)
    return test or train
