"""Data loader: CSV files whose last column is the label."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from optuna_dnc.data import Dataset, Loader, Task, dataset_of_arrays, is_path


class CsvLoader(Loader):
    """CSV files with a row of names and integer labels in the last column."""

    accepts: ClassVar[tuple[str, ...]] = ("FILE.csv",)  # for messages

    def matches(self, source: Any) -> bool:
        return is_path(source) and Path(source).suffix == ".csv"

    def load(
        self,
        source: str | Path,
        *,
        task: Task | None = None,
        data_root: str | Path | None = None,
    ) -> Dataset:
        del data_root  # only for data that are downloaded
        *names, _ = Path(source).read_text().splitlines()[0].split(",")
        table = np.genfromtxt(source, delimiter=",", skip_header=1)
        arrays = {"xtr": table[:, :-1], "ytr": table[:, -1].astype(int), "feature_names": names}
        return dataset_of_arrays(Path(source).stem, arrays, task)
