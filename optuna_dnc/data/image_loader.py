"""Loader of folders of images."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from numpy.typing import NDArray
from typing_extensions import override

from optuna_dnc._errors import InputError
from optuna_dnc._names import readable
from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.image_dataset import dataset_of_image_folder
from optuna_dnc.data.images.folders import all_files, is_image_file, training_folders
from optuna_dnc.data.label_checks import Task
from optuna_dnc.data.loader import Loader, RawSamples, is_path
from optuna_dnc.data.tables.options import DataOptions


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
        self, source: Any, *, task: Task | None = None, data_root: str | Path | None = None
    ) -> Dataset:
        return self.load_with(source, DataOptions(), task=task, data_root=data_root)

    @override
    def load_with(
        self,
        source: str | Path,
        options: DataOptions,
        *,
        task: Task | None = None,
        data_root: str | Path | None = None,
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
        self,
        source: str | Path,
        *,
        training: bool = False,
        data_root: str | Path | None = None,
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
