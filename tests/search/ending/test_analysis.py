"""What matters to the network and where it errs, at the end of a search on a table."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc import InputError
from optuna_dnc.report.figures import figures
from optuna_dnc.report.html.content import content
from optuna_dnc.runs import open_run
from optuna_dnc.search import SearchResult, StagedSearch
from optuna_dnc.search.ending import analysis as analysis_of_search
from optuna_dnc.training.permutation_importance import feature_groups
from tests.searches import SMALL

FEW = SMALL | {"epochs": 12, "n_startup_trials": 1, "n_steps": 0, "refit": True}


@pytest.fixture(scope="module")
def on_table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a search on a table whose label is the color; not to be changed."""
    folder = tmp_path_factory.mktemp("table")
    rng = np.random.default_rng(0)
    colors = rng.choice(["blue", "green", "red"], 400)
    sizes = rng.normal(size=400)
    hard = sizes > 1.2  # of these, the label says nothing
    labels = np.where(hard, rng.integers(0, 2, 400), colors == "red")
    rows = zip(colors, sizes, labels, strict=True)
    lines = ["color,size,label", *(f"{color},{size:.3f},{label}" for color, size, label in rows)]
    (folder / "train.csv").write_text("\n".join(lines[:301]))
    (folder / "test.csv").write_text("\n".join([lines[0], *lines[301:]]))
    StagedSearch(
        folder / "train.csv", target="label", test=folder / "test.csv", out=folder / "run", **FEW
    ).run()
    return folder / "run"


def test_columns_are_ranked_and_the_worst_slices_are_told(on_table: Path) -> None:
    analysis = open_run(on_table).analysis
    assert analysis is not None
    best = SearchResult.load(on_table).best
    assert analysis["trial"] == f"{best.stage}/{best.trial_number}"
    assert [feature["name"] for feature in analysis["features"]] == ["color", "size"]
    assert analysis["features"][0]["increase"] > 0.2
    assert analysis["part"] == "test"
    assert analysis["part_error"] == pytest.approx(best.test_error)
    errors = [row["error"] for row in analysis["slices"]]
    assert errors == sorted(errors, reverse=True)
    assert all(row["n"] >= analysis_of_search.FEWEST_ROWS for row in analysis["slices"])


def test_the_report_shows_both(on_table: Path) -> None:
    run = open_run(on_table)
    (bars,) = figures(run)["feature-importance"].data
    assert bars.x[0] == pytest.approx(100 * run.analysis["features"][0]["increase"], rel=0.01)
    slices = content(run)["slices"]
    assert slices["part"] == "test"
    assert all(float(row["ratio"]) > 1 for row in slices["rows"])


def test_inputs_of_a_column_belong_together(on_table: Path) -> None:
    groups = feature_groups(SearchResult.load(on_table).preprocessing())
    assert [(group.name, len(group.indices)) for group in groups] == [("color", 3), ("size", 1)]


def test_a_damaged_file_is_told_and_one_of_another_network_is_ignored(
    result: SearchResult,
) -> None:
    file = result.path / "analysis.json"
    stored = json.loads(file.read_text())
    file.write_text(json.dumps(stored | {"n_rows": 7}))
    with pytest.raises(InputError, match=r"analysis\.json"):
        _ = open_run(result.path).analysis
    del stored["sha256"]
    file.write_text(json.dumps(stored | {"trial": "training/99"}))
    assert open_run(result.path).analysis is None


def test_arrays_have_their_features_by_number_and_no_slices(searched: Path) -> None:
    analysis = open_run(searched).analysis
    assert sorted(feature["name"] for feature in analysis["features"]) == [
        f"feature {index}" for index in range(5)
    ]
    assert analysis["slices"] == []


@pytest.mark.parametrize("reason", ["images", "many columns"])
def test_images_and_too_many_columns_have_none(
    search: Callable[..., StagedSearch], monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    changes: dict[str, Any] = dict(FEW)
    if reason == "images":
        rng = np.random.default_rng(0)
        y = np.arange(60) % 2
        images = rng.normal(size=(60, 1, 4, 4)).astype(np.float32) + y.reshape(-1, 1, 1, 1)
        changes |= {"data": (images, y), "space": {"width": (4, 8)}}
    else:
        monkeypatch.setattr(analysis_of_search, "MOST_GROUPS", 4)
    run = open_run(search(**changes).run().path)
    assert run.analysis is None
    assert not run.folder.analysis.exists()
    assert "feature-importance" not in figures(run)
    assert content(run)["slices"] is None


def test_without_time_there_is_none_and_that_of_an_earlier_network_goes(
    search: Callable[..., StagedSearch], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = open_run(search(**FEW).run().path).folder
    assert folder.analysis.exists()
    folder.result.unlink()
    monkeypatch.setattr(analysis_of_search, "permutation_importance", lambda *_, **__: None)
    search(**FEW).run()
    assert folder.result.exists()
    assert not folder.analysis.exists()
