"""A data loader from outside: one class in a package that declares it, and one that is broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.data import Dataset, RawSamples, load_dataset, read_samples
from optuna_dnc.data.load import LOADERS
from optuna_dnc.testing import LoaderContract
from tests.extensions.csv_loader import CsvLoader


class TestCsv(LoaderContract):
    loader = CsvLoader()

    def make_source(self, folder: Path) -> Path:
        rows = (f"{i},{i % 3},{i % 2}" for i in range(8))
        path = folder / "table.csv"
        path.write_text("\n".join(["height,width,label", *rows]))
        return path


def csv_file(folder: Path) -> Path:
    return TestCsv().make_source(folder)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that declares this loader, and another one that cannot be imported."""
    info = tmp_path / "csv_for_dnc-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: csv-for-dnc\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[optuna_dnc.loaders]\narff = no_such_module:Loader\n"
        f"csv = {CsvLoader.__module__}:CsvLoader\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(LOADERS, "_loaded", dict(LOADERS._loaded))


@pytest.mark.usefixtures("installed")
def test_an_installed_loader_reads_its_files(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="'arff' of the package 'csv-for-dnc' cannot be loaded"):
        dataset = load_dataset(csv_file(tmp_path))

    assert dataset.name == "table"
    assert dataset.input_shape == (2,)


@pytest.mark.usefixtures("installed")
@pytest.mark.filterwarnings("ignore:.*'arff' of the package")
def test_samples_to_predict_are_read_from_its_files(tmp_path: Path) -> None:
    samples = read_samples(str(csv_file(tmp_path)))

    assert isinstance(samples, RawSamples)
    assert samples.feature_names == ("height", "width")
    assert samples.x.shape == (8, 2)


def test_without_it_a_csv_file_is_a_table_with_a_target(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="target: table needs the column"):
        load_dataset(csv_file(tmp_path))


class _Folders(CsvLoader):
    """Reads ``table.csv`` in a folder."""

    def matches(self, source: Any) -> bool:
        return isinstance(source, Path) and source.is_dir()

    def load(self, source: Any, **options: Any) -> Dataset:
        return super().load(source / "table.csv", **options)


def test_a_loader_of_folders_comes_before_that_of_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LOADERS, "_loaded", dict(LOADERS._loaded))
    LOADERS.register("folders", _Folders())
    csv_file(tmp_path)
    assert load_dataset(tmp_path).input_shape == (2,)
