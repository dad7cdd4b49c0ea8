"""A data loader from outside: one class in a package that declares it, and one that is broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.data import (
    Dataset,
    Loader,
    RawSamples,
    Task,
    dataset_of_arrays,
    is_path,
    load_dataset,
    read_samples,
)
from optuna_dnc.data.load import LOADERS
from optuna_dnc.testing import LoaderContract


class CsvLoader(Loader):
    """Tables whose last column is the label."""

    accepts: ClassVar[tuple[str, ...]] = ("FILE.csv",)

    def matches(self, source: Any) -> bool:
        return is_path(source) and Path(source).suffix == ".csv"

    def load(
        self,
        source: str | Path,
        *,
        task: Task | None = None,
        data_root: str | Path | None = None,
    ) -> Dataset:
        del data_root
        *names, _ = Path(source).read_text().splitlines()[0].split(",")
        table = np.genfromtxt(source, delimiter=",", skip_header=1)
        arrays = {"xtr": table[:, :-1], "ytr": table[:, -1].astype(int), "feature_names": names}
        return dataset_of_arrays(Path(source).stem, arrays, task)


def csv_file(folder: Path) -> Path:
    rows = (f"{i},{i % 3},{i % 2}" for i in range(8))
    (folder / "table.csv").write_text("\n".join(["height,width,label", *rows]))
    return folder / "table.csv"


class TestCsv(LoaderContract):
    loader = CsvLoader()

    def make_source(self, folder: Path) -> Path:
        return csv_file(folder)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that declares this loader, and another one that cannot be imported."""
    info = tmp_path / "csv_for_dnc-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: csv-for-dnc\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[optuna_dnc.loaders]\narff = no_such_module:Loader\ncsv = {__name__}:CsvLoader\n"
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


def test_without_it_a_csv_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"table\.csv is not an \.npz file"):
        load_dataset(csv_file(tmp_path))
