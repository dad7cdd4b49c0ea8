"""A network that raises an error in every worker ends two of them, and not all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from optuna.exceptions import StorageInternalError
from optuna.trial import FrozenTrial

from optuna_dnc.search import StagedSearch
from optuna_dnc.search.search_run import SearchRun
from optuna_dnc.search.trials import training

Search = Callable[..., StagedSearch]


@pytest.fixture
def raised(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """The error that the first network of a search raises whenever it is trained."""
    error: list[Exception] = [RuntimeError("this width does not work")]
    fit, configs = training.fit_proposal, []

    def failing(context: Any, proposal: Any, *arguments: Any) -> Any:
        configs.append(proposal.config)
        if proposal.config == configs[0]:
            raise error[0]
        return fit(context, proposal, *arguments)

    monkeypatch.setattr(training, "fit_proposal", failing)
    return error


@pytest.fixture
def begun(search: Search) -> Search:
    with search().begun():
        pass
    return search


def run_to_its_end(run: SearchRun) -> None:
    while run.work_once() != "done":
        pass


def end_by_it(search: Search, times: int, error: type[Exception] = RuntimeError) -> FrozenTrial:
    """Let so many workers end by the network, and return its trial."""
    for _ in range(times):
        with pytest.raises(error), search().joined() as run:
            run_to_its_end(run)
    with search().joined() as run:
        return run.studies.open(run.stages[0].key).trials[0]


def test_it_is_given_up_after_two_of_several_workers(
    begun: Search, raised: list[Exception]
) -> None:
    with begun().joined():
        end_by_it(begun, 2)
        with begun().joined() as third:
            with pytest.warns(UserWarning, match="this width does not"):
                run_to_its_end(third)
            core, *_ = third.finish().summary["stages"]
            trial = third.studies.open(third.stages[0].key).trials[0]
    assert (core["n_crashed"], core["n_trials"]) == (1, 3)
    assert (trial.state.name, trial.user_attrs["crash"]) == ("FAIL", str(raised[0]))


def test_a_process_alone_tries_it_until_it_works(begun: Search, raised: list[Exception]) -> None:
    assert end_by_it(begun, 3).user_attrs.get("deaths") is None


def test_an_error_of_the_storage_is_not_its_fault(begun: Search, raised: list[Exception]) -> None:
    raised[0] = StorageInternalError("gone")
    with begun().joined():
        trial = end_by_it(begun, 2, error=Exception)
    assert trial.user_attrs.get("deaths") is None
