"""What stands for missing values comes from the rows that are trained on."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from optuna_dnc.data import Preprocessing, load_dataset
from optuna_dnc.data.prepared_data import PreparedData, Split
from optuna_dnc.data.tables.fills import with_medians_of

N = 40


@pytest.fixture
def rows() -> dict[str, Any]:
    """The last quarter, which validates, has other values."""
    random = np.random.default_rng(0)
    late = np.arange(N) >= 3 * N // 4
    size = np.where(late, 1000.0, 0.0) + random.normal(size=N).round(2)
    day = np.datetime64("2020-01-01") + np.where(late, 900, 0) + random.permutation(N)
    return {
        "when": np.arange(N),
        "size": [None if i % 5 == 0 else float(v) for i, v in enumerate(size)],
        "day": [None if i % 6 == 0 else v.item() for i, v in enumerate(day)],
        "level": [None if i % 7 == 0 else "abc"[int(v)] for i, v in enumerate(late + parity(N))],
        "kind": ["new" if v else "xyz"[i % 3] for i, v in enumerate(late)],
        "y": ["yes", "no"] * (N // 2),
    }


def parity(n: int) -> np.ndarray:
    return np.arange(n) % 2


@pytest.fixture
def split(rows: dict[str, Any]) -> Split:
    data = load_dataset(
        pa.table(rows), target="y", time_split="when", drop=["when"], kind={"level": "ordered"}
    )
    return Split.of(data, val_fraction=0.25, seed=0)


@pytest.fixture
def prepared(split: Split) -> PreparedData:
    return split.placed("cpu", channels_last=False)


def test_fills_are_medians_of_the_training_rows(rows: dict[str, Any], split: Split) -> None:
    table = split.preprocessing.table
    assert table is not None
    fills = {column.name: column.fill for column in table.columns}
    known = [rows["size"][i] for i in split.train if rows["size"][i] is not None]
    assert fills["size"] == pytest.approx(np.median(known))
    days = [rows["day"][i] for i in split.train if rows["day"][i] is not None]
    middle = np.median(np.array(days, "datetime64[s]").astype(np.int64))
    assert fills["day"] == pytest.approx(middle, abs=86_400)
    assert split.dataset.table is not None
    assert fills["size"] != {c.name: c.fill for c in split.dataset.table.columns}["size"]


def test_what_networks_are_trained_on_is_what_predictions_are_made_from(
    rows: dict[str, Any], split: Split, prepared: PreparedData
) -> None:
    saved = Preprocessing.from_dict(json.loads(json.dumps(split.preprocessing.to_dict())))
    raw = pa.table(rows).drop_columns(["y", "when"])
    for part, samples in ((split.train, prepared.train), (split.val, prepared.val)):
        again = saved.transform(raw.take(part))
        np.testing.assert_allclose(again.numpy(), samples.x.numpy(), rtol=1e-6, atol=1e-6)


def test_a_category_of_validation_rows_alone_counts_as_new(
    split: Split, prepared: PreparedData
) -> None:
    names = split.dataset.feature_names
    assert names is not None
    assert not prepared.val.x[:, names.index("kind=new")].any()


def test_all_rows_leave_the_table_as_it_is(split: Split) -> None:
    table = split.dataset.table
    assert table is not None
    assert with_medians_of(table, split.dataset.x_train, np.arange(N)) is table
