"""Cross-validation of leading networks is left out where it is of no use or has no time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from optuna_dnc.runs import Record
from optuna_dnc.runs.cross_validation import Fold
from optuna_dnc.search import StagedSearch, contenders, context
from optuna_dnc.search.ending import cross_validation
from optuna_dnc.tradeoff import tradeoff
from tests.search.ending.compared import QUICK
from tests.searches import SMALL, Arrays

Search = Callable[..., StagedSearch]


@pytest.fixture(autouse=True)
def _is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few trials would not have one."""
    monkeypatch.setattr(contenders, "SHARE_OF_EPOCHS", 2.0)


@pytest.mark.parametrize(
    "changes",
    [{"preset": "deep-n-cheap"}, {"space": SMALL["space"] | {"n_layers": 0, "refinements": ()}}],
)
def test_it_is_left_out_where_there_is_nothing_to_compare(
    search: Search, changes: dict[str, Any]
) -> None:
    result = search(**QUICK | changes).run()
    assert result.summary["cross_validation"] is None


def test_it_is_left_out_where_the_error_is_known_well(
    at_its_end: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contenders, "standard_error", lambda error, n_samples, is_share: 1e-6)
    assert at_its_end(**QUICK).run().summary["cross_validation"] is None


def test_it_is_left_out_in_a_tradeoff(arrays: Arrays, tmp_path: Path) -> None:
    settings = SMALL | QUICK | {"out": tmp_path / "tradeoff"}
    found = tradeoff(arrays, wc=[0.1], **settings)
    assert found.results[0.1].summary["cross_validation"] is None


def test_time_that_is_up_leaves_the_choice_to_whole_folds(
    search: Search, monkeypatch: pytest.MonkeyPatch, skip_an_hour: Callable[[], None]
) -> None:
    n_done = 0
    trained = cross_validation._trained

    def slower(context: Any, record: Record, data: Any, number: int, on_batch: Any) -> Fold | None:
        nonlocal n_done
        n_done += 1
        if number == cross_validation.FEWEST_FOLDS:
            skip_an_hour()
        return trained(context, record, data, number, on_batch)

    monkeypatch.setattr(cross_validation, "_trained", slower)
    result = search(**QUICK, timeout=600, on_event=lambda event: None).run()
    entry = result.summary["cross_validation"]
    assert entry["n_folds"] == cross_validation.FEWEST_FOLDS + 1
    assert n_done == cross_validation.FEWEST_FOLDS * len(entry["networks"]) + 1


def test_without_time_for_it_the_lowest_loss_decides(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "SHARE_OF_TIME", 0.0)
    result = search(**QUICK, timeout=2).run()
    assert result.summary["cross_validation"] is None
