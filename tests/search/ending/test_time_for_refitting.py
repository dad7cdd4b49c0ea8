"""The final training of a search has the time that is kept for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from optuna_dnc.runs.folder import read_summary
from optuna_dnc.search import (
    StagedSearch,
    at_the_end,
    search_run,
)
from optuna_dnc.search.limits.time_limit import TimeLimit
from optuna_dnc.search.search_run import SearchRun
from tests.search.ending.retrained import QUICK
from tests.searches import Arrays

Search = Callable[..., StagedSearch]
Weights = dict[str, torch.Tensor]


@pytest.fixture
def begun(arrays: Arrays, tmp_path: Path) -> Iterator[SearchRun]:
    """A search whose first trial has ended, with a result that is not complete."""
    with StagedSearch(arrays, **QUICK, floors=False, out=tmp_path / "run").begun() as run:
        run.work_once()
        run.end(complete=False)
        yield run


def test_a_worker_whose_time_is_over_too_leaves_the_result_as_it_is(begun: SearchRun) -> None:
    file = begun.context.folder.result
    before = file.stat()
    begun.end(complete=False)
    assert file.stat() == before
    begun.end(complete=True)
    begun.end(complete=False)
    assert read_summary(begun.context.folder)["complete"]


def test_a_training_on_all_samples_is_not_lost_for_lack_of_time(
    begun: SearchRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_summary(begun.context.folder)
    monkeypatch.setattr(TimeLimit, "left", 0.0)
    monkeypatch.setattr(search_run, "trial_digests", lambda studies: {})  # as if there were more
    begun.end(complete=False)
    after = read_summary(begun.context.folder)
    assert after["trials"] == {}
    assert before["refit"] is not None
    assert [after[name] for name in ("refit", "best")] == [
        before[name] for name in ("refit", "best")
    ]


def test_time_is_kept_for_the_final_training_of_a_network_that_is_about_to_be_trained(
    search: Search,
) -> None:
    search(**QUICK).run()
    with search(**QUICK, timeout=1000).begun() as run:
        of_best = run.context.seconds_at_end()
        assert run.context.seconds_at_end(100.0) > of_best + 100 * 150 / 120


def test_a_search_without_a_limit_has_time_for_it(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(at_the_end, "refit_seconds", lambda record, data, folds=(): 1e9)
    assert search(**QUICK).run().summary["refit"]["is_kept"]
