"""A small table with columns of all kinds, to export networks that were trained on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv

from optuna_dnc.data.tables import Kind, Table

CITIES = [f"city {i}" for i in range(55)]

KINDS: dict[str, Kind] = {"size": "ordered", "dose": "category", "stamp": "numeric"}


def all_kinds() -> pa.Table:
    """Return 220 rows: gaps in most columns, and the targets ``label`` and ``price``."""
    n = 220
    rng = np.random.default_rng(0)
    height = rng.normal(170, 10, n)
    stamps = 1_700_000_000 + rng.integers(0, 1000, n)  # float32 cannot tell them apart
    days = np.datetime64("1968-01-01") + rng.integers(0, 30_000, n)
    times = np.datetime64("2019-12-30T00:00:00") + rng.integers(0, 10**8, n)

    def with_gaps(values: Any) -> pa.Array:
        return pa.array(values, mask=rng.random(n) < 0.1)

    return pa.table(
        {
            "city": pa.array([CITIES[i % 55] for i in range(n)]),
            "height": with_gaps(height),
            "smokes": with_gaps(rng.random(n) < 0.5),
            "color": with_gaps(rng.choice(["red", "a 'blue' \"one\"", "grün"], n)),
            "dose": with_gaps(rng.choice([0.00005, 0.5, 3.0], n)),
            "level": pa.array(rng.integers(1, 6, n)),
            "size": with_gaps(rng.choice(["1 small", "2 medium", "3 large"], n)),
            "stamp": pa.array(stamps),
            "born": with_gaps([f"{day.astype(object):%d.%m.%Y}" for day in days]),
            "seen": with_gaps(times),
            "label": pa.array(np.where(height > 170, "tall", "short")),
            "price": pa.array(1e5 + 1e4 * height),
        }
    )


def write_csv(path: Path) -> Path:
    """Write the table as a CSV file."""
    csv.write_csv(all_kinds(), path)
    return path


def table_of_kinds() -> Table:
    """Return its columns as a search knows them."""
    rows = all_kinds().drop_columns(["label", "price"])
    return Table.of(rows, KINDS)


def new_rows() -> list[dict[str, Any]]:
    """Return rows as JSON, with their keys in another order: all but the first lack or vary one.

    Categories are unknown, values are missing in three ways, and equal values are written
    otherwise than in training.
    """
    first = {
        "seen": "2022-05-06T07:08:09",
        "born": "29.02.1972",
        "stamp": 1_700_000_500,
        "size": "2 medium",
        "level": 4,
        "dose": 0.00005,
        "color": "grün",
        "smokes": True,
        "height": 181.5,
        "city": "city 7",
    }
    others: dict[str, list[Any]] = {
        "city": ["Atlantis", None, " city 7 "],
        "color": ["mauve", "", "red"],
        "size": ["4 huge", "1 small"],
        "level": [99],
        "dose": [3, 0.7, None],
        "height": [None, 160],
        "born": ["31.12.1967", None],
        "seen": ["2022-12-31T23:59:59", "1999-01-01T00:00:00"],
    }
    changed = [first | {name: value} for name, values in others.items() for value in values]
    return [first, *changed, dict.fromkeys(first)]
