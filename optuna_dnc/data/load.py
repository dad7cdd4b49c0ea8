"""Load a data set: by name, from a file, or from arrays."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from numpy.typing import NDArray

from optuna_dnc._errors import InputError, cut, unknown_name
from optuna_dnc._names import readable
from optuna_dnc.data.arrays import (
    KEYS,
    NAMES_KEY,
    as_array,
    as_labels,
    as_samples,
    wanted_keys,
)
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.digits import load_digits
from optuna_dnc.data.feature_checks import check_sample_shape
from optuna_dnc.data.frames import column_names
from optuna_dnc.data.label_checks import Task, check_targets_differ, check_task, infer_task
from optuna_dnc.data.npz import read_npz
from optuna_dnc.data.split import limit_train
from optuna_dnc.data.torchvision_sets import TORCHVISION_SETS, load_torchvision

#: Names, paths, four arrays in the order (xtr, ytr, xte, yte), the first two of them, or a
#: mapping with these keys.
DatasetSource: TypeAlias = Dataset | str | Path | Sequence[Any] | Mapping[str, Any]

#: The data sets that are known by name.
DATASET_NAMES = ("digits", *TORCHVISION_SETS)


def load_dataset(
    source: DatasetSource,
    *,
    task: Task | None = None,
    data_root: str | Path | None = None,
    max_train: int | None = None,
    seed: int = 0,
) -> Dataset:
    """Load and check a data set; whatever is wrong with it is an `InputError` of one line.

    source: "digits", "mnist", "fashion-mnist", "cifar10", "cifar100"; the path of an `.npz` file
    with the arrays xtr, ytr, xte, yte; a tuple of these four as NumPy arrays, torch tensors or
    nested lists; a mapping with these keys; or a `Dataset`. Where there is no test set, the first
    two will do. Shapes as in `Dataset`. Samples may be data frames of pandas or Polars with
    columns of numbers and booleans; their names are kept, and those of xte matched with xtr's. In
    files and mappings of arrays an array `feature_names` holds them.
    task: taken from the labels if None: integers, booleans and strings are classes.
    data_root: where the torchvision sets lie or are downloaded to; default: the user's cache.
    max_train: keep only so many training samples, drawn with `seed`, every class with its share.
    """
    if task is not None:
        check_task(task)
    dataset = _load(source, task, data_root)
    if task is not None and dataset.task != task:
        dataset = replace(dataset, task=task)
    return dataset if max_train is None else limit_train(dataset, max_train, seed=seed)


def _load(source: DatasetSource, task: Task | None, data_root: str | Path | None) -> Dataset:
    if isinstance(source, Dataset):
        return source
    if isinstance(source, str):
        name = _known_name(source)
        if name == "digits":
            return load_digits()
        if name is not None:
            return load_torchvision(name, data_root)
        if not _is_path(source):
            raise unknown_name("data set", source, ("FILE.npz", *DATASET_NAMES))
    if isinstance(source, str | Path):
        path = Path(source).expanduser()
        # A file of one's own is never told to be the set that is known by its name.
        name = readable(path.stem if _known_name(path.stem) is None else path.name)
        return _from_arrays(name, read_npz(path), task)
    if isinstance(source, Mapping):
        missing = [key for key in wanted_keys(source) if key not in source]
        if missing:
            raise InputError(
                f"the data lack {', '.join(missing)}; keys found are "
                f"{cut(', '.join(map(str, source))) or 'none'}, give {', '.join(KEYS)}."
            )
        return _from_arrays("arrays", source, task)
    if isinstance(source, tuple | list):
        if len(source) not in (2, len(KEYS)):
            raise InputError(
                f"the data have {len(source)} parts; give the four arrays ({', '.join(KEYS)}), or "
                "the first two where there is no test set."
            )
        return _from_arrays("arrays", dict(zip(KEYS, source, strict=False)), task)
    raise InputError(
        f"a data set cannot be read from a {type(source).__name__}; give a name, the path of an "
        f".npz file, or the four arrays ({', '.join(KEYS)})."
    )


def _from_arrays(name: str, arrays: Mapping[str, Any], task: Task | None) -> Dataset:
    def part(end: str, columns: Sequence[str] | None) -> tuple[NDArray[Any], NDArray[Any]]:
        x, y = f"x{end}", f"y{end}"
        samples = as_samples(arrays[x], f"{name}: {x}", columns)
        labels = as_labels(arrays[y], f"{name}: {y}")
        for array, what in ((samples, x), (labels, y)):
            if array.ndim == 0:
                raise InputError(
                    f"{name}: {what} is a single value or object "
                    f"({type(arrays[what]).__name__}); give an array with a row for each sample, "
                    "of a sparse matrix what toarray() returns."
                )
        return samples, labels

    names = column_names(arrays["xtr"])
    if names is None and NAMES_KEY in arrays:
        names = tuple(map(str, as_array(arrays[NAMES_KEY], f"{name}: {NAMES_KEY}").ravel()))
    x_train, y_train = part("tr", None)
    if task is None:
        task = infer_task(y_train, f"{name}: ytr")
    x_test, y_test = part("te", names) if "xte" in arrays else (x_train[:0], y_train[:0])
    dataset = Dataset(name, x_train, y_train, x_test, y_test, task, names)
    if "xte" in arrays and not dataset.has_test:  # who gives test samples means to have some
        check_sample_shape(x_test, f"{name}: xte")
    if task == "regression":
        check_targets_differ(y_train, f"{name}: ytr")
    if doubt := dataset.doubt_about_axes:
        warnings.warn(f"{name}: {doubt}", stacklevel=4)
    return dataset


def _known_name(source: str) -> str | None:
    plain = source.lower().replace("-", "").replace("_", "")
    return next((name for name in DATASET_NAMES if name.replace("-", "") == plain), None)


def _is_path(source: str) -> bool:
    separators = [sep for sep in (os.sep, os.altsep) if sep]
    return (
        source.lower().endswith(".npz")
        or any(sep in source for sep in separators)
        or _exists(source)
    )


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except OSError:  # a name that is too long
        return False
