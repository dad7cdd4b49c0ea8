"""Data sets from arrays in memory."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from numpy.typing import NDArray
from typing_extensions import override

from optuna_dnc._errors import InputError
from optuna_dnc.data.array_keys import IN_MEMORY, KEYS, NAMES_KEY, array_names
from optuna_dnc.data.arrays import as_array, as_labels, as_samples
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.feature_checks import check_sample_shape
from optuna_dnc.data.frames import column_names, is_table
from optuna_dnc.data.label_checks import Task, check_targets_differ, infer_task
from optuna_dnc.data.loader import DataRoot, Loader
from optuna_dnc.data.mapped import map_npy
from optuna_dnc.data.tables.options import DataOptions


class DatasetLoader(Loader):
    """Returns a :class:`Dataset` unchanged."""

    @override
    def matches(self, source: Any) -> bool:
        return isinstance(source, Dataset)

    @override
    def load(
        self, source: Dataset, *, task: Task | None = None, data_root: DataRoot = None
    ) -> Dataset:
        del task, data_root
        return source


class ArrayLoader(Loader):
    """Takes a mapping with the keys ``xtr, ytr, xte, yte``, or a sequence in this order.

    Keys may also be ``x_train, y_train, x_test, y_test``, and values paths of ``.npy`` files.
    """

    accepts: ClassVar[tuple[str, ...]] = (f"the four arrays ({', '.join(KEYS)})",)

    @override
    def matches(self, source: Any) -> bool:
        return isinstance(source, Mapping | tuple | list) and not has_frames(source)

    @override
    def load(
        self,
        source: Mapping[str, Any] | Sequence[Any],
        *,
        task: Task | None = None,
        data_root: DataRoot = None,
    ) -> Dataset:
        del data_root
        return dataset_of_arrays("arrays", parts_of(source), task)


def parts_of(source: Mapping[str, Any] | Sequence[Any]) -> Mapping[str, Any]:
    """Return the parts of a data set by their standard names.

    Raises:
        InputError: There are too many or too few.
    """
    if isinstance(source, Mapping):
        names = array_names(source, IN_MEMORY)
        return {key: source[found] for key, found in names.items()}
    if len(source) not in (2, len(KEYS)):
        raise InputError(
            f"the data have {len(source)} parts; give the four arrays ({', '.join(KEYS)}), or the "
            "first two without a test set."
        )
    return dict(zip(KEYS, source, strict=False))


def has_frames(source: Any) -> bool:
    """Return whether a source has several parts, with a data frame as training samples."""
    if isinstance(source, Mapping):
        return any(is_table(part) for part in source.values()) and is_table(
            parts_of(source)["xtr"]
        )
    return isinstance(source, tuple | list) and len(source) > 0 and is_table(source[0])


def frames_as_arrays(source: Any) -> Any:
    """Convert frames of numbers with separate targets to arrays; leave other sources as they are.

    Raises:
        InputError: A column does not hold numbers.
    """
    if not has_frames(source):
        return source
    parts = dict(parts_of(source))
    names = column_names(parts["xtr"])
    if names is not None:
        parts[NAMES_KEY] = names
    for key in {"xtr", "xte"} & set(parts):
        parts[key] = as_samples(parts[key], key, names)
    return parts


def dataset_of_arrays(name: str, arrays: Mapping[str, Any], task: Task | None = None) -> Dataset:
    """Create a data set from the arrays ``xtr, ytr, xte, yte``; the last two are optional.

    Args:
        name: Name of the data set.
        arrays: Arrays by these keys, by ``x_train, y_train, x_test, y_test``, or by ``x, y``,
            and optionally ``feature_names``. Samples may be data frames, which are encoded as
            tables. Paths of ``.npy`` files stand for their arrays, which stay on the disk.
        task: None infers it from the labels.

    Raises:
        InputError: The arrays cannot be trained on.
    """
    where = IN_MEMORY if name == "arrays" else name
    arrays = {key: _mapped(arrays[found]) for key, found in array_names(arrays, where).items()}
    if is_table(arrays["xtr"]):
        from optuna_dnc.data.frame_dataset import labeled_tables  # arrays need no pyarrow
        from optuna_dnc.data.table_dataset import dataset_of_tables

        table, options = labeled_tables(arrays, DataOptions())
        return dataset_of_tables(name, table, options.test, options, task=task, seed=0)

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
    of_targets = column_names(arrays["ytr"]) if y_train.ndim == 2 else None
    dataset = Dataset(name, x_train, y_train, x_test, y_test, task, names, target_names=of_targets)
    if "xte" in arrays and not dataset.has_test:  # an empty test set was given by mistake
        check_sample_shape(x_test, f"{name}: xte")
    if task == "regression":
        check_targets_differ(y_train, f"{name}: ytr")
    if doubt := dataset.doubt_about_axes:
        warnings.warn(f"{name}: {doubt}", stacklevel=5)
    return dataset


def _mapped(values: Any) -> Any:
    """Return the array in a file for the path of an ``.npy`` file, and other values unchanged."""
    is_file = isinstance(values, Path) or (isinstance(values, str) and values.endswith(".npy"))
    return map_npy(Path(values).expanduser()) if is_file else values
