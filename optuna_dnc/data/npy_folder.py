"""Loader of folders with arrays in `.npy` files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from typing_extensions import override

from optuna_dnc._names import readable
from optuna_dnc.data.array_keys import has_training_arrays
from optuna_dnc.data.array_loader import dataset_of_arrays
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.label_checks import Task
from optuna_dnc.data.loader import Loader, is_path


class NpyFolderLoader(Loader):
    """Folders with ``x_train.npy``, ``y_train.npy``, and for a test set ``x_test.npy`` and so on.

    The arrays stay on the disk and are read as needed; do not overwrite them during a search.
    """

    accepts: ClassVar[tuple[str, ...]] = ("FOLDER of .npy files",)

    @override
    def matches(self, source: Any) -> bool:
        return is_path(source) and has_training_arrays(_files(Path(source).expanduser()))

    @override
    def load(
        self,
        source: str | Path,
        *,
        task: Task | None = None,
        data_root: str | Path | None = None,
    ) -> Dataset:
        del data_root
        folder = Path(source).expanduser()
        return dataset_of_arrays(readable(folder.absolute().name), _files(folder), task)


def _files(folder: Path) -> dict[str, Path]:
    """Return the `.npy` files of a folder by their stems; none if it is no folder."""
    if not folder.is_dir():
        return {}
    return {path.stem: path for path in sorted(folder.glob("*.npy"))}
