"""Load data sets and samples: by name, from a file, or from arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Unpack

from optuna_dnc._errors import InputError, shown, unknown_name
from optuna_dnc._registry import Registry
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.digits import DigitsLoader
from optuna_dnc.data.label_checks import Task
from optuna_dnc.data.loader import Loader, RawSamples, check_options, is_path, known_name
from optuna_dnc.data.split import limit_train
from optuna_dnc.data.tables.keywords import TableKeywords
from optuna_dnc.data.tables.options import DataOptions, DataSource
from optuna_dnc.data.torchvision_sets import TorchvisionLoader
from optuna_dnc.tasks import learning_task

#: Names, paths, four arrays in the order (xtr, ytr, xte, yte), the first two of them, or a
#: mapping with these keys.
DatasetSource: TypeAlias = Dataset | DataSource | str | Path | Sequence[Any] | Mapping[str, Any]

#: The built-in data sets that are known by name.
DATASET_NAMES = (*DigitsLoader.accepts, *TorchvisionLoader.accepts)


_LAST = ("images", "table")
"""Loaders that are asked last, because loaders of users may read certain folders or tables."""


def _check(name: str, loader: Any) -> Loader:
    if isinstance(loader, type) and issubclass(loader, Loader):
        return loader()
    if not isinstance(loader, Loader):
        raise InputError(
            f"loader {shown(name)} must be an optuna_dnc.data.Loader, got {shown(loader)}; "
            "change it."
        )
    return loader


LOADERS = Registry[Loader](
    "loader",
    "optuna_dnc.loaders",
    {
        "dataset": "optuna_dnc.data.array_loader:DatasetLoader",
        "arrays": "optuna_dnc.data.array_loader:ArrayLoader",
        "digits": "optuna_dnc.data.digits:DigitsLoader",
        "torchvision": "optuna_dnc.data.torchvision_sets:TorchvisionLoader",
        "npz": "optuna_dnc.data.npz:NpzLoader",
        "npy": "optuna_dnc.data.npz:NpyFolderLoader",
        "images": "optuna_dnc.data.image_dataset:ImageLoader",
        "labeled": "optuna_dnc.data.table_loader:LabeledFrameLoader",
        "frame": "optuna_dnc.data.table_loader:FrameLoader",
        "table": "optuna_dnc.data.table_loader:TableFileLoader",
    },
    _check,
)


def register_loader(name: str, loader: Loader) -> None:
    """Register a data loader under a name; :func:`load_dataset` asks it from then on.

    Raises:
        InputError: The name is taken, or ``loader`` is no :class:`Loader`.
    """
    LOADERS.register(name, loader)


def load_dataset(
    source: DatasetSource,
    *,
    task: Task | None = None,
    data_root: str | Path | None = None,
    max_train: int | None = None,
    seed: int = 0,
    **options: Unpack[TableKeywords],
) -> Dataset:
    """Load and check a data set.

    >>> load_dataset("people.csv", target="income", test_fraction=0.2)

    Shapes are those of :class:`Dataset`. Columns of tables are encoded by their kind, see
    :class:`optuna_dnc.data.tables.Column`, and matched by name. Samples in arrays may be data
    frames, too. In files and mappings of arrays an array ``feature_names`` holds the names.

    Args:
        source: ``digits``, ``mnist``, ``fashion-mnist``, ``cifar10``, ``cifar100``; the path of a
            CSV, TSV, Parquet, Feather or Arrow file, a data frame, a mapping of columns or a list
            of rows by name, with ``target``; the path of a folder of images,
            ``FOLDER/CLASS/*.png``, or ``FOLDER/train/CLASS/*.png`` with
            ``FOLDER/test/CLASS/*.png``; the path of an ``.npz`` file with the arrays ``xtr, ytr,
            xte, yte``, or of a folder with ``.npy`` files of these names; a tuple of these four as
            NumPy arrays, torch tensors, nested lists or paths of ``.npy`` files; a mapping with
            these keys or with ``x_train, y_train, x_test, y_test``; a :class:`Dataset`; or what a
            registered loader reads. Without a test set, the first two arrays are enough.
        task: None infers it from the labels: integers, booleans and strings are classes.
        data_root: Folder of the torchvision sets, which are downloaded there if missing; by
            default the user's cache.
        max_train: Maximum number of training samples; every class keeps its share.
        seed: Seed of the draw of these samples, and of test rows.
        **options: Fields of :class:`optuna_dnc.data.tables.DataOptions`, for tables and images:
            ``target``, ``test``, ``test_fraction``, ``drop``, ``features``, ``kind``, ``weights``,
            ``group``, ``time_split``, ``drop_unlabeled``, ``encoding``, ``image`` and
            ``image_size``.

    Raises:
        InputError: The source cannot be read, or its data cannot be trained on.
    """
    if task is not None:
        learning_task(task)  # raises if it is unknown
    described = _described(source, **options)
    source, given = described.data, described.options
    if given.target and _holds_columns(source):
        from optuna_dnc.data.tables.data_frames import table_of  # arrays need no pyarrow

        source = cast(DatasetSource, table_of(source, "the table"))
    loader = _loader_of(source)
    if loader.matches(source):
        check_options(loader, source, given)
    dataset = loader.load_with(source, given, task=task, data_root=data_root, seed=seed)
    if is_path(source) and known_name(dataset.name, DATASET_NAMES) is not None:
        # A user's file must not be taken for the built-in set of the same name.
        dataset = replace(dataset, name=Path(source).name)  # type: ignore[arg-type]
    if task is not None and dataset.task != task:
        dataset = replace(dataset, task=task)
    if not isinstance(source, Dataset):
        dataset = replace(dataset, origin=_origin(source, given, loader))
    return dataset if max_train is None else limit_train(dataset, max_train, seed=seed)


def _holds_columns(source: Any) -> bool:
    """Return whether this is a mapping of columns, or a list of rows by name."""
    if isinstance(source, list):
        return bool(source) and isinstance(source[0], Mapping)
    return isinstance(source, Mapping) and all(np.ndim(part) == 1 for part in source.values())


def _described(source: DatasetSource, **options: Unpack[TableKeywords]) -> DataSource:
    if isinstance(source, DataSource):
        return source
    given = {name: value for name, value in options.items() if value is not None}
    return DataSource(source, DataOptions(**given))


def _origin(source: Any, options: DataOptions, loader: Loader) -> dict[str, Any]:
    """Return path or name and options of data as JSON; the source is None for data in memory."""
    given = options.to_dict()
    if not isinstance(source, str | Path) or not isinstance(options.test, str | Path | None):
        return {"source": None, "options": given}
    # The name of a built-in set takes precedence over a folder with this name.
    is_name = isinstance(source, str) and known_name(source, loader.accepts) is not None
    is_file = is_path(source) and not is_name
    where = str(Path(source).expanduser().absolute()) if is_file else str(source)
    return {"source": where, "options": given}


def read_samples(
    source: DatasetSource, *, training: bool = False, data_root: str | Path | None = None
) -> RawSamples:
    """Read samples to predict; of a data set, its test samples.

    Args:
        source: The path of an ``.npz`` file with an array ``x``, or else ``xte``; an ``.npy``
            file, which stays on the disk; an image or a folder of images, as
            :class:`optuna_dnc.data.images.ImageFiles`; or anything that :func:`load_dataset`
            takes. Of a :class:`optuna_dnc.data.tables.DataSource`, the encoding counts.
        training: Whether to fall back to the array ``xtr``.
        data_root: As for :func:`load_dataset`.

    Raises:
        InputError: The source cannot be read.
    """
    described = _described(source)
    return _loader_of(described.data).read_samples_with(
        described.data, described.options, training=training, data_root=data_root
    )


def read_labels(source: DatasetSource) -> NDArray[Any] | None:
    """Read the labels of these samples: ``y`` beside ``x``, ``yte`` beside ``xte``.

    Returns:
        None if there are none.
    """
    return _loader_of(source).read_labels(source)


def _loader_of(source: DatasetSource) -> Loader:
    accepted: list[str] = []
    others = (loader for name, loader in LOADERS.items() if name not in _LAST)
    for loader in chain(others, (LOADERS[name] for name in _LAST)):
        if loader.matches(source):
            return loader
        accepted += loader.accepts
    if is_path(source):
        if Path(source).expanduser().is_file():  # type: ignore[arg-type]
            files = [name for name in accepted if name.startswith("FILE.")]
            raise InputError(
                f"{source} has a type that is not supported; save it as one of "
                f"{', '.join(files)}, or give what you read it with: a data frame or arrays."
            )
        return LOADERS["npz"]  # whose messages say what is wrong with the path
    if isinstance(source, str):
        raise unknown_name("data set", source, accepted)
    raise InputError(
        f"a data set cannot be read from a {type(source).__name__}; give one of "
        f"{', '.join(accepted)}."
    )


def load_data(source: DataSource, y: Any, **keywords: Any) -> Dataset:
    """Load a data set, or create one from samples and targets.

    Args:
        source: Anything that :func:`optuna_dnc.data.load_dataset` takes, with options; with ``y``
            the samples: an array ``(n, ...)`` or a data frame of ``n`` rows.
        y: ``(n,)`` or ``(n, n_outputs)``, targets of the samples; None if the source has them.
        **keywords: Other keywords of :func:`optuna_dnc.data.load_dataset`.
    """
    x = source.data
    if y is None:
        return load_dataset(source, **keywords)
    if isinstance(y, str):
        raise InputError(
            f"y must be the targets of the samples, got {y!r}; name a column with target={y!r}."
        )
    if isinstance(x, str | Mapping | Dataset) or is_path(x):
        what = shown(x) if isinstance(x, str) else f"a {type(x).__name__}"
        raise InputError(f"y must be None for {what}, which has its own targets; leave it out.")
    try:
        return load_dataset(DataSource((x, y), source.options), **keywords)
    except InputError as error:
        message = str(error).replace("arrays: ", "").replace("xtr", "x").replace("ytr", "y")
        raise type(error)(message) from None
