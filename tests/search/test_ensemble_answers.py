"""Searches whose answer is an ensemble of the best architecture."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc.nets.stacking import members_of
from optuna_dnc.report.formats import final_training
from optuna_dnc.runs import SearchSettings
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.search import SearchResult, StagedSearch, at_the_end
from optuna_dnc.search.limits.time_limit import TimeLimit
from tests.sealing import rewrite
from tests.searches import FEWEST, SMALL, Arrays

Search = Callable[..., StagedSearch]
ENSEMBLE: dict[str, Any] = {"refit": True, "wc": 0.2, "n_members": 3}


@pytest.fixture(scope="module")
def result(arrays: Arrays, tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    """Of a search; its folder is not to be changed."""
    out = tmp_path_factory.mktemp("ensemble") / "run"
    return StagedSearch(arrays, **SMALL | ENSEMBLE, out=out).run()


@pytest.fixture
def answered(result: SearchResult, tmp_path: Path) -> Path:
    """Its folder, where ``search()`` finds it."""
    return Path(shutil.copytree(result.path, tmp_path / "run"))


def test_the_final_training_gives_an_ensemble(result: SearchResult, arrays: Arrays) -> None:
    best, leader = result.best, result.summary["leaders"][0]
    assert best.config.members == 3
    assert best.n_params == 3 * leader["n_params"]
    assert best.loss > leader["loss"], "all its parameters count"
    assert best.quality.val is not None
    assert best.quality.val.error == leader["error"]
    assert final_training(result.summary)[0].startswith(
        "At the end, 3 networks of its architecture were trained again on all "
    )
    loaded = SearchResult.load(result.path)
    assert len(members_of(loaded.model())) == 3
    accuracy = float(np.mean(loaded.predict(arrays[2]) == arrays[3]))
    assert loaded.best.quality.test is not None
    assert accuracy == pytest.approx(loaded.best.quality.test.value)


def test_the_same_search_again_does_not_train_it_again(
    search: Search, result: SearchResult, answered: Path
) -> None:
    before = RunFolder(answered).model.stat().st_mtime_ns
    assert search(**ENSEMBLE).run().best == result.best
    assert RunFolder(answered).model.stat().st_mtime_ns == before


def test_another_number_of_networks_is_another_search(search: Search, answered: Path) -> None:
    with pytest.raises(InputError, match="members"):
        search(**ENSEMBLE | {"n_members": 2}).run()


@pytest.mark.parametrize(
    ("given", "n_members"),
    [
        ({"preset": "best", "wc": 0}, 5),
        ({"preset": "best", "wc": 0, "n_members": 2}, 2),
        ({"preset": "best"}, None),
        ({"preset": "best", "wc": 0, "max_params": 1000}, None),
        ({"preset": "medium", "wc": 0}, None),
    ],
)
def test_the_best_preset_makes_one_where_costs_have_no_weight(
    given: dict[str, Any], n_members: int | None
) -> None:
    assert SearchSettings(**given).n_members == n_members


def test_networks_without_ensembles_stay_single_unless_one_is_asked_for(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    data = rng.normal(size=(60, 1, 8, 8)).astype(np.float32), rng.integers(0, 2, 60)
    made: dict[str, Any] = {"network": "resnet", "wc": 0, "out": tmp_path / "run"}
    assert StagedSearch(data, preset="best", **made).plan().identity["n_members"] == 1
    with pytest.raises(InputError, match=r"n_members must be 1 with network 'resnet', got 4"):
        StagedSearch(data, n_members=4, **made).plan()


def test_limits_are_those_of_a_single_network() -> None:
    with pytest.raises(ValueError, match="must be 1 with max_params and max_ms"):
        SearchSettings(max_params=100, max_ms=1.0, n_members=2)


def test_searches_before_ensembles_go_on_without(search: Search, tmp_path: Path) -> None:
    search(**FEWEST, refit=True).run()
    rewrite(tmp_path / "run" / "settings.json", lambda stored: stored.pop("n_members"))
    assert search(**FEWEST, refit=True).run().best.config.members == 1


def test_an_ensemble_has_as_many_networks_as_its_share_of_the_time_allows(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(at_the_end, "refit_seconds", lambda record, data, folds=(): 10.0)
    with search(**SMALL).begun() as run:
        run.work_once()
        record, data = run.context.ledger.records[0], run.context.data
        n_at_once = len(data.folds) or 1
        each = 10.0 / n_at_once
        limit = TimeLimit(3.5 * each / at_the_end.MOST_TIME_OF_ENSEMBLE)
        assert at_the_end.ensemble_within(limit, 8, record, data)[0] == 3
        assert at_the_end.ensemble_within(TimeLimit(), 8, record, data) == (
            8,
            pytest.approx(each * max(8, n_at_once)),
        )
        assert at_the_end.ensemble_within(TimeLimit(0.5), 8, record, data)[0] == 1
