"""A rung under Hyperband whose time is up is trained again, as if nothing had happened."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState

from optuna_dnc.runs import open_run
from optuna_dnc.search import StagedSearch
from optuna_dnc.search.limits import time_plan
from optuna_dnc.search.limits.time_plan import TimePlan
from optuna_dnc.training import Epoch, trainer
from tests import searches
from tests.search.hyperband import run_core
from tests.searches import STAGES, Arrays, Search, trials_of

SMALL: dict[str, Any] = {
    "pruner": "hyperband",
    "epochs": 9,
    "budget": 21,
    "n_startup_trials": 2,
    "batch_size": 32,
}


CORE = STAGES[:1]


# With these seeds, the pilot is not the last one in its bracket.
@pytest.fixture(scope="module", params=[("default", 0), ("deep-n-cheap", 3)])
def settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    recipe, seed = request.param
    return SMALL | {"recipe": recipe, "seed": seed}


@pytest.fixture(scope="module")
def expected(
    arrays: Arrays, tmp_path_factory: pytest.TempPathFactory, settings: dict[str, Any]
) -> list[Any]:
    """The trials of the first stage of the search that is not cut."""
    out = tmp_path_factory.mktemp("whole") / "run"
    run_core(partial(StagedSearch, arrays), **searches.SMALL | settings, out=out)
    return trials_of(out, stages=CORE)


@pytest.mark.parametrize("last_epoch", [5, 8])
def test_a_cut_rung_is_trained_to_its_end_when_the_search_goes_on(
    search: Search,
    arrays: Arrays,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    skip_an_hour: Callable[[], None],
    last_epoch: int,
    settings: dict[str, Any],
    expected: list[Any],
) -> None:
    epoch, n_seen = trainer.Trainer.epoch, 0
    plan = TimePlan(9, "n_params", math.inf)
    monkeypatch.setattr(time_plan, "time_plan", lambda *args, **kwargs: plan)

    def slow(self: trainer.Trainer, done: int) -> Epoch:
        nonlocal n_seen
        n_seen += done == last_epoch
        if n_seen == 2:  # the pilot was the first to be trained as long
            skip_an_hour()
        return epoch(self, done)

    monkeypatch.setattr(trainer.Trainer, "epoch", slow)
    out = tmp_path / "cut" / "run"
    result = search(**settings, out=out, timeout=600).run()
    assert not result.complete
    *_, x_test, y_test = arrays
    accuracy = (result.predict(x_test) == y_test).mean()
    assert accuracy == pytest.approx(result.best.test_accuracy)
    core = open_run(out).study_of["core-architecture"]
    assert TrialState.COMPLETE not in {trial.state for trial in core.trials}
    if (
        settings["recipe"] == "deep-n-cheap"
    ):  # without an average of the weights, half a training is none
        assert result.best.stage == "pilot"
    monkeypatch.undo()
    run_core(search, **settings, out=out)
    assert trials_of(out, stages=CORE) == expected
