"""Finished runs of earlier versions, whose files have fewer fields."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from optuna_dnc import InputError
from optuna_dnc.data import load_dataset
from optuna_dnc.search import SearchResult, StagedSearch
from tests.sealing import rewrite
from tests.searches import Arrays

NEWER = ("encoding", "encoded", "bins")
"""Fields of an ``MLPConfig`` that earlier versions did not write."""


@pytest.fixture
def older(ended: Path) -> Path:
    def shorten(content: dict[str, Any]) -> None:
        for name in NEWER:
            content["config"].pop(name)

    rewrite(ended / "config.json", shorten)
    rewrite(ended / "result.json", lambda content: shorten(content["best"]))
    return ended


def test_networks_with_fewer_fields_still_predict(older: Path, arrays: Arrays) -> None:
    result = SearchResult.load(older)
    *_, x_test, y_test = arrays
    accuracy = np.mean(result.predict(x_test) == y_test)
    assert accuracy == pytest.approx(result.best.test_accuracy)


def test_a_config_of_another_network_is_still_refused(older: Path, arrays: Arrays) -> None:
    def widen(content: dict[str, Any]) -> None:
        content["config"]["widths"] = [99]

    rewrite(older / "config.json", widen)
    with pytest.raises(InputError, match="describes another network"):
        SearchResult.load(older).predict(arrays[2])


def test_tables_without_categories_that_count_as_new_predict_the_same(tmp_path: Path) -> None:
    """Earlier versions gave codes to all categories, also to those of validation rows alone."""
    towns = [f"t{i % 60}" for i in range(240)] + ["t60"] * 60
    frame = pa.table({"when": range(300), "town": towns, "y": ["no", "yes"] * 150})
    result = StagedSearch(
        load_dataset(frame, target="y", time_split="when", drop="when"),
        network="mlp",
        space={"n_layers": (1, 1), "width": (4, 8), "refinements": ()},
        out=tmp_path / "run",
        epochs=2,
        n_startup_trials=1,
        n_steps=0,
        floors=False,
        device="cpu",
    ).run()
    table = result.preprocessing().table
    assert table is not None
    assert table.used[0].unseen == ("t60",)
    rows = frame.select(["town"])[:240]
    before = result.predict_proba(rows)

    def shorten(content: dict[str, Any]) -> None:
        for column in content["preprocessing"]["table"]["columns"]:
            del column["unseen"]

    rewrite(tmp_path / "run" / "config.json", shorten)
    older = SearchResult.load(tmp_path / "run")
    np.testing.assert_array_equal(older.predict_proba(rows), before)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it is not new there
        older.predict_proba([{"town": "t60"}])
