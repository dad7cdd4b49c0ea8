"""Tables with categories one-hot and gaps filled, of which a fifth is kept as test set."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.data import Dataset, Task, load_dataset

TARGETS = {
    "PimaIndiansDiabetes2": "diabetes",
    "HouseVotes84": "Class",
    "Vehicle": "Class",
    "Vowel": "Class",
    "Soybean": "Class",
    "Ozone": "V4",
    "BostonHousing2": "cmedv",
}
DROPPED = ("medv", "town", "tract")
"""The uncorrected target, and identifiers."""

CODED = ("Soybean",)
"""Tables whose categories are coded by whole numbers."""

PACKAGES = ("numpy", "scipy", "sklearn", "torch", "optuna", "pydantic")
"""Packages whose docstrings are told apart."""

WORDS = 2_000


def load(name: str, folder: Path, seed: int) -> Dataset:
    """Load a table by name; the seed splits those that have no test samples of their own."""
    if (folder / f"{name}.npz").exists():
        return load_dataset(folder / f"{name}.npz")
    x, y = docstrings() if name == "docstrings" else from_csv(folder / "csv" / f"{name}.csv")
    order = np.random.default_rng(seed).permutation(len(x))
    test, train = order[: len(x) // 5], order[len(x) // 5 :]
    task: Task = "regression" if y.dtype.kind == "f" else "classification"
    return Dataset(name, x[train], y[train], x[test], y[test], task)


@cache
def from_csv(path: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    """Read a table: categories one-hot with a column for gaps, gaps in numbers by the median."""
    import pandas as pd

    table, target = pd.read_csv(path), TARGETS[path.stem]
    table = table.drop(columns=[name for name in DROPPED if name in table and name != target])
    table = table[table[target].notna()]
    y = table.pop(target)
    if path.stem in CODED:
        table = table.astype(object)
    is_number = [kind.kind in "iuf" for kind in map(np.dtype, map(_plain, table.dtypes))]
    numbers = table.loc[:, is_number]
    numbers = numbers.fillna(numbers.median())
    categories = table.loc[:, [not flag for flag in is_number]]
    # In column order: numbers first, then one column a category.
    coded = pd.get_dummies(categories, dummy_na=True) if categories.shape[1] else categories
    x = np.hstack([numbers.to_numpy(float), coded.to_numpy(float)]).astype(np.float32)
    return x, y.to_numpy(float if y.dtype.kind == "f" else str)


def _plain(dtype: Any) -> Any:
    return dtype if isinstance(dtype, np.dtype) else object


@cache
def docstrings() -> tuple[NDArray[Any], NDArray[Any]]:
    """Which package a docstring is from, by the TF-IDF of its words: 2,000 sparse columns."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts, labels = [], []
    for package in PACKAGES:
        found = sorted(set(_docs(package)))
        texts += found
        labels += [package] * len(found)
    hidden = list(PACKAGES)  # the name itself would give it away
    words = TfidfVectorizer(max_features=WORDS, stop_words=hidden, sublinear_tf=True)
    x = words.fit_transform(texts).toarray().astype(np.float32)
    return x, np.array(labels)


def _docs(package: str) -> Iterator[str]:
    root = import_module(package)
    for found in iter_modules(root.__path__):
        if found.name.startswith("_") or found.name in ("conftest", "setup"):
            continue
        try:
            module = import_module(f"{package}.{found.name}")
        except Exception:
            continue
        for value in vars(module).values():
            if (inspect.isclass(value) or inspect.isfunction(value)) and (
                str(value.__module__).partition(".")[0] == package
            ):
                text = inspect.getdoc(value)
                if text and len(text) > 80:
                    yield text
