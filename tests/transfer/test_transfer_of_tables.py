"""Transfer of networks whose inputs are encoded columns of a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from optuna_dnc.data import load_dataset
from optuna_dnc.search import SearchResult, StagedSearch
from optuna_dnc.transfer import transfer

FAST: dict[str, Any] = {"epochs": 1, "n_startup_trials": 1, "n_steps": 0, "device": "cpu"}


def people(n_cities: int, *, has_age: bool) -> pa.Table:
    n = 3 * n_cities
    rng = np.random.default_rng(0)
    columns = {"city": [f"city {i % n_cities}" for i in range(n)], "income": rng.normal(size=n)}
    if has_age:
        columns["age"] = rng.normal(size=n)
    return pa.table({**columns, "label": rng.choice(["a", "b"], n)})


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    return StagedSearch(
        load_dataset(people(60, has_age=True), target="label"),
        network="mlp",
        strategy="joint",  # its only network has the encoding
        pruner="none",
        space={"n_layers": (1, 1), "width": (4, 4), "encoding": ("piecewise-8",)},
        out=tmp_path_factory.mktemp("tables") / "run",
        **FAST,
    ).run()


def test_the_columns_are_those_of_the_new_table(source: SearchResult, tmp_path: Path) -> None:
    assert source.best.config.n_codes == (61,)
    assert source.best.config.encoded == (0, 1)
    data = load_dataset(people(52, has_age=False), target="label")
    result = transfer(source, data, out=tmp_path / "run", **FAST)
    assert result.best.config.n_codes == (53,)
    assert result.best.config.encoded == (0,)
    assert SearchResult.load(tmp_path / "run").predict(people(52, has_age=False)).shape == (156,)


def test_arrays_have_no_embedded_columns(source: SearchResult, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(90, 4)), np.arange(90) % 2
    result = transfer(source, (x, y), out=tmp_path / "run", **FAST)
    assert result.best.config.n_codes == ()
    assert result.best.config.encoded == (0, 1, 2, 3)
    assert result.predict(x).shape == (90,)
