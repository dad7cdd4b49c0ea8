"""Networks that are slower than a limit are measured, and not trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from optuna_dnc import InputError
from optuna_dnc.objectives import NetworkSpec
from optuna_dnc.objectives.costs.ms import Ms
from optuna_dnc.runs import open_run
from optuna_dnc.search import StagedSearch
from optuna_dnc.search.limits.cut_space import PATIENCE
from optuna_dnc.search.stages.bayesian_queue import MOST_REJECTED
from optuna_dnc.training import FitResult
from tests.interruption import Killed
from tests.search.limits.limited import JOINT, LINEAR, ByNumber
from tests.searches import FEWEST

Make = Callable[..., StagedSearch]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Measured networks; the time is a tenth of a millisecond plus one for each hidden node."""
    networks: list[str] = []

    def of(self: Ms, network: NetworkSpec, fit: FitResult) -> float:
        networks.append(str(network.config))
        return 0.1 + sum(network.config.widths)

    monkeypatch.setattr(Ms, "of", of)
    return networks


@pytest.mark.parametrize("strategy", [{}, JOINT])
def test_networks_are_measured_once_and_trained_only_if_they_are_fast(
    search: Make, measured: list[str], strategy: dict[str, Any]
) -> None:
    result = search(**strategy, max_ms=6, wc=0).run()
    run = open_run(result.path)
    assert result.best.costs["ms"] <= 6
    assert max(record.measured.costs["ms"] for record in run.ledger.records) <= 6
    assert len(measured) == len(set(measured))
    assert run.ledger.rejections
    for study in run.study_of.values():
        for trial in study.trials:
            if "training" not in str(study.study_name) and trial.state.is_finished():
                too_slow = trial.user_attrs["costs"]["ms"] > 6
                assert (trial.constraints.get("max_ms", 0) > 0) == too_slow


def test_a_resumed_search_measures_nothing_again(
    search: Make, measured: list[str], kill_at_report: Callable[[int], None]
) -> None:
    kill_at_report(5)
    with pytest.raises(Killed):
        search(max_ms=9).run()
    kill_at_report(0)
    before = measured.copy()
    search(max_ms=9).run()
    # Only the network whose training was interrupted has no record.
    assert len(set(before) & set(measured[len(before) :])) <= 1


@pytest.mark.usefixtures("measured")
def test_a_smallest_network_that_is_too_slow_ends_the_search(search: Make, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"max_ms: .* 0.05 mil.* 0.1 milliseconds per sample"):
        search(max_ms=0.05, **LINEAR).run()
    assert not (tmp_path / "run" / "study.db").exists()


class Deep(ByNumber):
    """Proposes networks of two layers only."""

    def sample_independent(self, study: Any, trial: Any, param_name: str, param: Any) -> Any:
        if param_name == "n_layers":
            return 2
        return super().sample_independent(study, trial, param_name, param)


@pytest.mark.usefixtures("measured")
def test_the_smallest_network_is_proposed_after_many_that_are_too_slow(search: Make) -> None:
    result = search(max_ms=1, sampler=Deep(), **FEWEST | LINEAR).run()
    assert result.best.config.widths == ()


@pytest.mark.usefixtures("measured")
def test_a_stage_in_which_all_networks_are_too_slow_ends(search: Make) -> None:
    result = search(max_ms=1, sampler=Deep(), n_startup_trials=5, n_steps=0, **LINEAR).run()
    ledger = open_run(result.path).ledger
    assert len(ledger.of_stages("core-architecture")) == 1
    assert ledger.n_rejected("core-architecture") == PATIENCE + MOST_REJECTED
