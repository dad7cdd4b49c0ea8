"""Slices of the rows of a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from optuna_dnc.data.tables import Table
from optuna_dnc.data.tables.slices import slices_of


def slices(rows: dict[str, Any], kinds: dict[str, Any]) -> dict[str, list[int]]:
    """Numbers of the rows of each slice."""
    table = pa.table(rows)
    known = Table.of(table, kinds)
    return {
        f"{found.column}: {found.what}": np.flatnonzero(found.rows).tolist()
        for found in slices_of(known, known.encode(table, "x").x)
    }


def test_categories_and_missing_values_have_a_slice_each() -> None:
    rows = {"job": ["cook", "nurse", None, "cook"], "sex": ["f", "m", "m", None]}
    assert slices(rows, {"job": "category"}) == {
        "job: missing": [2],
        "job: cook": [0, 3],
        "job: nurse": [1],
        "sex: missing": [3],
        "sex: f": [0],
        "sex: m": [1, 2],
    }


def test_numbers_are_cut_into_ranges_with_about_as_many_rows() -> None:
    rows = {"age": [10.5, 20.5, None, 30.5, 40.5, 50.5, 60.5, 70.5, 80.5]}
    assert slices(rows, {}) == {
        "age: missing": [2],
        "age: 10.5 to 20.5": [0, 1],
        "age: above 20.5 to 40.5": [3, 4],
        "age: above 40.5 to 60.5": [5, 6],
        "age: above 60.5 to 80.5": [7, 8],
    }


def test_embedded_and_ordered_categories_have_a_slice_each() -> None:
    towns = [f"town {i % 60:02}" for i in range(180)]
    sizes = [("low", "mid", "top")[i % 3] for i in range(180)]
    found = slices({"town": towns, "size": sizes}, {"size": "ordered"})
    assert found["town: town 07"] == [7, 67, 127]
    assert found["size: mid"] == list(range(1, 180, 3))
    assert len(found) == 63
