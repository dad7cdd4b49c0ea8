"""What the benchmark of kills expects of searches."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.robustness.accidents.whole import _problems
from benchmarks.robustness.accidents.workers import Searched, prepared
from benchmarks.robustness.worker_kills import _EXPECTED
from optuna_dnc import InputError


@pytest.fixture
def searched(tmp_path: Path) -> Searched:
    prepared(tmp_path)
    return Searched(kind="joint", folder=tmp_path / "run", url=None, changes={"epochs": 2})


def test_a_worker_that_comes_before_the_search_leaves_for_a_known_reason(
    searched: Searched,
) -> None:
    with pytest.raises(InputError) as stop, searched.search().joined():
        pass
    assert any(reason in str(stop.value) for reason in _EXPECTED)


def test_a_search_that_nobody_has_disturbed_is_whole(searched: Searched) -> None:
    searched.search().run()
    assert list(_problems(searched)) == []
