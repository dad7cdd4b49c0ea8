"""Loaders of tables: files and data frames."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
from numpy.typing import NDArray
from typing_extensions import override

from optuna_dnc._errors import InputError, shown
from optuna_dnc._names import readable
from optuna_dnc.data.array_loader import has_frames, parts_of
from optuna_dnc.data.arrays import as_labels
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.frame_dataset import labeled_tables
from optuna_dnc.data.frames import is_table
from optuna_dnc.data.image_dataset import dataset_of_image_table
from optuna_dnc.data.images.folders import with_folder
from optuna_dnc.data.label_checks import Task
from optuna_dnc.data.loader import DataRoot, Loader, RawSamples, is_path
from optuna_dnc.data.table_dataset import dataset_of_tables
from optuna_dnc.data.tables.data_frames import checked_table, frame_table, table_of
from optuna_dnc.data.tables.options import DataOptions
from optuna_dnc.data.tables.pandas_table import columnwise_table
from optuna_dnc.data.tables.parquet_table import ParquetTable
from optuna_dnc.data.tables.reading import is_parquet_file, is_table_file, read_table


class TableLoader(Loader):
    """Base class of loaders whose sources are tables with a column of targets."""

    options: ClassVar[frozenset[str]] = frozenset(DataOptions.model_fields)

    @abstractmethod
    def read_table(self, source: Any, encoding: str = "utf-8") -> RawSamples:
        """Read all rows."""

    def open_table(self, source: Any, options: DataOptions) -> RawSamples:
        """Return the rows of a data set; columns may be read when they are used."""
        return self.read_table(source, options.encoding)

    def open_labeled(self, source: Any, options: DataOptions) -> tuple[RawSamples, DataOptions]:
        """Return the rows of a data set with their targets, and the options that name these."""
        return self.open_table(source, options), options

    @override
    def load(
        self, source: Any, *, task: Task | None = None, data_root: DataRoot = None
    ) -> Dataset:
        return self.load_with(source, DataOptions(), task=task, data_root=data_root)

    @override
    def load_with(
        self,
        source: Any,
        options: DataOptions,
        *,
        task: Task | None = None,
        data_root: DataRoot = None,
        seed: int = 0,
    ) -> Dataset:
        del data_root
        (name, table, _), options = self.open_labeled(source, options)
        if options.image is None and options.image_size is not None:
            raise InputError(
                "image_size is for images; name the column of their paths with image=COLUMN, or "
                "leave it out."
            )
        test = None if options.test is None else self._test_table(options)
        of_table = dataset_of_tables if options.image is None else dataset_of_image_table
        dataset = of_table(name, table, test, options, task=task, seed=seed)
        del table, test
        pa.default_memory_pool().release_unused()  # Arrow keeps what was freed for later
        return dataset

    def _test_table(self, options: DataOptions) -> pa.Table:
        test = options.test
        if isinstance(test, Mapping | list) and (rows := table_of(test, "test")) is not None:
            test = rows
        for loader in (TableFileLoader(), FrameLoader()):
            if loader.matches(test):
                return loader.open_table(test, options).x
        raise InputError(
            f"test must be a table, got {shown(options.test)}; give the path of a CSV, Parquet or "
            "Arrow file, a data frame, a mapping of columns or a list of rows by name."
        )

    @override
    def read_samples(
        self, source: Any, *, training: bool = False, data_root: DataRoot = None
    ) -> RawSamples:
        return self.read_samples_with(source, DataOptions())

    @override
    def read_samples_with(
        self,
        source: Any,
        options: DataOptions,
        *,
        training: bool = False,
        data_root: DataRoot = None,
    ) -> RawSamples:
        del training, data_root
        return self.read_table(source, options.encoding)

    @override
    def read_labels(self, source: Any) -> NDArray[Any] | None:
        return None  # only a run knows which column they are


class TableFileLoader(TableLoader):
    """CSV, TSV, Parquet, Feather and Arrow files."""

    accepts: ClassVar[tuple[str, ...]] = ("FILE.csv", "FILE.parquet", "FILE.feather")

    @override
    def matches(self, source: Any) -> bool:
        return is_path(source) and is_table_file(Path(source))

    @override
    def read_table(self, source: Any, encoding: str = "utf-8") -> RawSamples:
        path = Path(source).expanduser()
        table = with_folder(read_table(path, encoding), path.parent)
        return RawSamples(_name(path), table, None)

    @override
    def open_table(self, source: Any, options: DataOptions) -> RawSamples:
        path = Path(source).expanduser()
        if options.image is not None or not is_parquet_file(path):
            return self.read_table(source, options.encoding)
        table = checked_table(ParquetTable.open(path), str(path))
        return RawSamples(_name(path), table, None)


class FrameLoader(TableLoader):
    """Data frames of pandas, Polars and others, and Arrow tables."""

    accepts: ClassVar[tuple[str, ...]] = ("a data frame",)

    @override
    def matches(self, source: Any) -> bool:
        return is_table(source)

    @override
    def read_table(self, source: Any, encoding: str = "utf-8") -> RawSamples:
        return RawSamples("table", frame_table(source, "the table"), None)

    @override
    def open_table(self, source: Any, options: DataOptions) -> RawSamples:
        if options.image is not None:
            return self.read_table(source, options.encoding)
        return RawSamples("table", columnwise_table(source, "the table"), None)


class LabeledFrameLoader(TableLoader):
    """Data frames with their targets beside them: ``(frame, y)``, or with test rows."""

    accepts: ClassVar[tuple[str, ...]] = ("a data frame and its targets",)

    @override
    def matches(self, source: Any) -> bool:
        return has_frames(source)

    @override
    def open_labeled(self, source: Any, options: DataOptions) -> tuple[RawSamples, DataOptions]:
        table, given = labeled_tables(parts_of(source), options)
        return RawSamples("table", checked_table(table, "the table"), None), given

    @override
    def read_table(self, source: Any, encoding: str = "utf-8") -> RawSamples:
        if not is_table(source):
            parts = parts_of(source)
            source = parts.get("xte", parts["xtr"])
        return FrameLoader().read_table(source, encoding)

    @override
    def read_labels(self, source: Any) -> NDArray[Any] | None:
        parts = parts_of(source)
        return as_labels(parts.get("yte", parts["ytr"]), "the targets")


def _name(path: Path) -> str:
    """Return the name of a data set in a file."""
    return readable(path.name.split(".")[0])
