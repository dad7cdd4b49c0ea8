"""Cross-validations of leading networks with other folds, where each trial is one."""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean
from typing import Any

import pytest

from optuna_dnc.data import PreparedData
from optuna_dnc.objectives import penalized_loss
from optuna_dnc.report.formats import cross_validated
from optuna_dnc.results.run_data import N_REPEATS
from optuna_dnc.runs import Record, open_run
from optuna_dnc.runs.cross_validation import Fold
from optuna_dnc.search import StagedSearch, contenders
from optuna_dnc.search.ending import cross_validation
from optuna_dnc.tradeoff import tradeoff
from tests.searches import SMALL, Arrays

Search = Callable[..., StagedSearch]
QUICK: dict[str, Any] = {
    "epochs": 4,
    "n_startup_trials": 4,
    "n_steps": 0,
    "wc": 0.0,
    "space": SMALL["space"] | {"refinements": ()},
}


@pytest.fixture(autouse=True)
def _is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few trials would have no comparison."""
    monkeypatch.setattr(contenders, "SHARE_OF_EPOCHS", 3.0)
    monkeypatch.setattr(contenders, "WITHIN", 100.0)


@pytest.fixture
def trained_on(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, PreparedData]]:
    """Keys and data of the trainings, of which the first network's is a little worse."""
    trainings: list[tuple[str, PreparedData]] = []

    def noted(
        context: Any, record: Record, data: PreparedData, number: int, on_batch: Any
    ) -> Fold:
        trainings.append((record.key, data))
        is_first = record.key == trainings[0][0]
        return Fold(error=0.1 + 0.1 * number + 0.01 * is_first, best_epoch=2, seconds=0.1)

    monkeypatch.setattr(cross_validation, "_trained", noted)
    return trainings


def test_each_repetition_has_folds_of_its_own(
    at_its_end: Search, trained_on: list[tuple[str, PreparedData]]
) -> None:
    with at_its_end(**QUICK).begun() as run:
        run.complete()
        own = run.context.data
    divisions = {
        frozenset(frozenset(fold.tolist()) for fold in data.folds) for _, data in trained_on
    }
    assert len(divisions) == N_REPEATS
    assert frozenset(frozenset(fold.tolist()) for fold in own.folds) not in divisions
    assert {len(data.folds) for _, data in trained_on} == {5}


def test_the_lowest_mean_loss_is_the_answer(at_its_end: Search) -> None:
    result = at_its_end(**QUICK).run()
    run = open_run(result.path)
    known, losses = run.ledger.cross_validation, {}
    for key in known.compared:
        record = run.ledger.find(key)
        assert record is not None
        errors = [record.measured.error, *(fold.error for fold in known.of(key))]
        assert len(errors) == N_REPEATS + 1
        losses[key] = penalized_loss(fmean(errors), 0.0, 0.0, n_val=150 * len(errors))
    assert len(losses) > 1
    assert known.chosen == min(losses, key=lambda key: losses[key])
    assert run.ledger.best is not None
    assert result.best.config.widths == tuple(run.ledger.best.config["widths"])


def test_a_network_that_is_a_little_better_is_the_answer(
    at_its_end: Search, trained_on: list[tuple[str, PreparedData]]
) -> None:
    result = at_its_end(**QUICK).run()
    entry = result.summary["cross_validation"]
    means = [network["mean_error"] for network in entry["networks"]]
    assert entry["n_folds"] == N_REPEATS + 1
    assert entry["is_changed"] is (min(means) < means[0])
    first, second = cross_validated(result.summary)
    assert "means over 5 folds" in first
    assert second.startswith(f"In {N_REPEATS + 1} cross-validations, its mean error is ")


def test_several_trainings_of_a_network_are_compared(at_its_end: Search) -> None:
    result = at_its_end(**QUICK).run()
    run = open_run(result.path)
    records = [run.ledger.find(key) for key in run.ledger.cross_validation.compared]
    configs = [str(record.config) for record in records if record is not None]
    assert len(configs) > len(set(configs))


def test_searches_of_a_trade_off_have_none(arrays: Arrays, tmp_path: Any) -> None:
    options = {name: value for name, value in QUICK.items() if name != "wc"}
    front = tradeoff(arrays, wc=[0.0, 0.1], out=tmp_path / "front", device="cpu", **options)
    assert all(result.summary["cross_validation"] is None for result in front.results.values())
