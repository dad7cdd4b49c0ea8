"""Base class of data loaders."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, TypeAlias

from numpy.typing import NDArray

from optuna_dnc._errors import InputError, shown
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.label_checks import Task
from optuna_dnc.data.tables.options import DataOptions

DataRoot: TypeAlias = str | Path | None
"""Folder of downloaded data sets; None for the user's cache."""


class RawSamples(NamedTuple):
    """Samples to predict, as their source has them."""

    name: str
    """Name of the source, for messages."""
    x: Any
    """Raw samples that are not checked yet: (n, features) or (n, channels, height, width), or a
    :class:`pyarrow.Table`, or :class:`optuna_dnc.data.images.ImageFiles`."""
    feature_names: tuple[str, ...] | None
    """Names of the features, if the source has them."""


class Loader(ABC):
    """Reads data sets of one kind, such as a type of files or sets that are known by name.

    Subclass it to read data of your own, and register an object with :func:`register_loader`, or
    for every process declare the class as an entry point of the group ``optuna_dnc.loaders``.
    Built-in loaders are asked first, except for those of tables and of folders of images.

    >>> class CsvLoader(Loader):
    ...     accepts = ("FILE.csv",)
    ...
    ...     def matches(self, source):
    ...         return is_path(source) and Path(source).suffix == ".csv"
    ...
    ...     def load(self, source, *, task=None, data_root=None):
    ...         table = np.genfromtxt(source, delimiter=",", skip_header=1)
    ...         arrays = {"xtr": table[:, :-1], "ytr": table[:, -1].astype(int)}
    ...         return dataset_of_arrays(Path(source).stem, arrays, task)
    """

    accepts: ClassVar[tuple[str, ...]] = ()
    """The sources as messages list them, such as ``FILE.csv``; names in full."""
    options: ClassVar[frozenset[str]] = frozenset()
    """Names of the fields of :class:`optuna_dnc.data.tables.DataOptions` that :meth:`load_with`
    takes."""

    def matches(self, source: Any) -> bool:
        """Return whether this loader reads ``source``; by default, a name of ``accepts``."""
        return isinstance(source, str) and known_name(source, self.accepts) is not None

    @abstractmethod
    def load(
        self, source: Any, *, task: Task | None = None, data_root: DataRoot = None
    ) -> Dataset:
        """Load a data set.

        Args:
            source: Something that :meth:`matches`.
            task: ``classification``, ``regression``, or None to infer it from the labels.
            data_root: Folder of downloaded data sets; None for the user's cache.

        Raises:
            InputError: The source cannot be read, or holds no data set.
        """

    def load_with(
        self,
        source: Any,
        options: DataOptions,
        *,
        task: Task | None = None,
        data_root: DataRoot = None,
        seed: int = 0,
    ) -> Dataset:
        """Load a data set with options, which are ignored by default.

        Args:
            source: Something that :meth:`matches`.
            options: Only fields of :attr:`options` are set.
            task: As for :meth:`load`.
            data_root: As for :meth:`load`.
            seed: Seed of the draw of test samples.
        """
        del options, seed
        return self.load(source, task=task, data_root=data_root)

    def read_samples(
        self, source: Any, *, training: bool = False, data_root: DataRoot = None
    ) -> RawSamples:
        """Read samples to predict; by default, the test samples, or else the training samples.

        Args:
            source: Something that :meth:`matches`.
            training: Whether to fall back to training samples, if the source distinguishes them
                from samples to predict.
            data_root: As for :meth:`load`.
        """
        del training
        dataset = self.load(source, data_root=data_root)
        x = dataset.x_test if dataset.has_test else dataset.x_train
        return RawSamples(dataset.name, x, dataset.feature_names)

    def read_samples_with(
        self,
        source: Any,
        options: DataOptions,
        *,
        training: bool = False,
        data_root: DataRoot = None,
    ) -> RawSamples:
        """Read samples with the options of the training data, such as their encoding.

        Args:
            source: Something that :meth:`matches`.
            options: Options of the training data; ignored by default.
            training: As for :meth:`read_samples`.
            data_root: As for :meth:`load`.
        """
        del options
        return self.read_samples(source, training=training, data_root=data_root)

    def read_labels(self, source: Any) -> NDArray[Any] | None:
        """Read the labels of these samples; None if the source has none."""
        dataset = self.load(source)
        return dataset.y_test if dataset.has_test else dataset.y_train


def check_options(loader: Loader, source: Any, options: DataOptions) -> None:
    """Raise if options were given that the loader does not take."""
    given = sorted(options.model_fields_set - loader.options)
    if not given:
        return
    what = f"{shown(source)} is" if isinstance(source, str | Path) else "these data are"
    users = "tables: CSV, Parquet and Arrow files, and data frames"
    if given[0] in ("test", "test_fraction", "image_size"):
        users = "folders of images, and tables"
    raise InputError(f"{given[0]} is for {users}; leave it out, because {what} neither.")


def known_name(source: str, names: tuple[str, ...]) -> str | None:
    """Return the known name equal to ``source``, ignoring case and separators; None if unknown.

    >>> known_name("Fashion_MNIST", ("mnist", "fashion-mnist"))
    'fashion-mnist'
    """
    plain = source.lower().replace("-", "").replace("_", "")
    return next((name for name in names if name.lower().replace("-", "") == plain), None)


def is_path(source: Any) -> bool:
    """Return whether ``source`` is a path: a ``Path``, or text with a separator or a suffix."""
    if not isinstance(source, str):
        return isinstance(source, Path)
    separators = [separator for separator in (os.sep, os.altsep) if separator]
    return (
        any(separator in source for separator in separators)
        or Path(source).suffix != ""
        or _exists(source)
    )


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # a name that is too long, or has a null character
        return False
