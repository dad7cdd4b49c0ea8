"""Loader of scikit-learn's handwritten digits, which need no download."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from typing_extensions import override

from optuna_dnc.data.dataset import Dataset
from optuna_dnc.data.label_checks import Task
from optuna_dnc.data.loader import DataRoot, Loader
from optuna_dnc.data.split import split_validation

# The test set is part of the data set: it must not change with the user's seed.
_TEST_SEED = 0


class DigitsLoader(Loader):
    """1,797 images (N, 1, 8, 8) float32 in [0, 1], labels 0 to 9; a fifth is the test set."""

    accepts: ClassVar[tuple[str, ...]] = ("digits",)

    @override
    def load(
        self, source: str, *, task: Task | None = None, data_root: DataRoot = None
    ) -> Dataset:
        # scikit-learn takes a second to import.
        from sklearn import datasets

        del source, task, data_root
        bunch = datasets.load_digits()
        x = (bunch.images[:, None] / 16).astype(np.float32)
        y = bunch.target.astype(np.int64)
        train, test = split_validation(y, fraction=0.2, seed=_TEST_SEED, stratify=True)
        return Dataset("digits", x[train], y[train], x[test], y[test], "classification")
