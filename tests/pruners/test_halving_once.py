"""Promotion whose large bracket comes only once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest

from optuna_dnc._errors import InputError
from optuna_dnc._optuna_compat import storage_and_id
from optuna_dnc.pruners import optimize_hyperband
from optuna_dnc.pruners.stored import SETTINGS
from tests.pruners.training import Training, open_study

optuna.logging.set_verbosity(optuna.logging.ERROR)

R = 27
N_FIRST = 27
EPOCHS_OF_HYPERBAND = 342
FIRST_BRACKET, SHORT_BRACKET = 81, 45
N_SHORT = (EPOCHS_OF_HYPERBAND - FIRST_BRACKET) // SHORT_BRACKET


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., None]:
    """Run it with R = 27 and eta = 3 in the test's folder."""

    def optimize(study: optuna.Study, **options: Any) -> None:
        settings = {"max_resource": R, "schedule": "halving-once", **options}
        objective, folder = Training(tmp_path / "log"), tmp_path / "checkpoints"
        optimize_hyperband(study, objective, checkpoints=folder, **settings)

    return optimize


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("kind", ["memory", "journal"])
def test_many_begin_once_and_then_one_in_three_is_trained_to_the_end(
    kind: str, asynchronous: bool, tmp_path: Path, run: Callable[..., None]
) -> None:
    study = open_study(kind, tmp_path)
    run(study, asynchronous=asynchronous)
    first, later = study.trials[:N_FIRST], study.trials[N_FIRST:]
    reached = Counter(step for t in first for step in t.intermediate_values)
    assert reached == {1: 27, 3: 9, 9: 3, 27: 1}
    assert len(later) == 3 * N_SHORT
    for start in range(0, len(later), 3):
        group = later[start : start + 3]
        assert all(9 in t.intermediate_values for t in group)
        complete = [t for t in group if R in t.intermediate_values]
        assert complete == [min(group, key=lambda t: t.intermediate_values[9])]
    trained = Training(tmp_path / "log").epochs()
    assert set(trained.values()) == {1}
    assert sum(trained.values()) == FIRST_BRACKET + N_SHORT * SHORT_BRACKET


def test_a_later_call_may_have_more_iterations(tmp_path: Path, run: Callable[..., None]) -> None:
    study = open_study("memory", tmp_path)
    run(study, max_total_resource=100)
    run(study)
    run(study, n_iterations=2)
    n_short = (2 * EPOCHS_OF_HYPERBAND - FIRST_BRACKET) // SHORT_BRACKET
    assert len(study.trials) == N_FIRST + 3 * n_short


def test_the_schedule_of_a_study_stays(tmp_path: Path, run: Callable[..., None]) -> None:
    study = open_study("memory", tmp_path)
    run(study, max_total_resource=9)
    with pytest.raises(InputError, match=r"schedule is 'hyperband'.*'halving-once'"):
        run(study, schedule="hyperband")


def test_a_study_that_was_begun_before_there_was_a_choice_goes_on(
    tmp_path: Path, run: Callable[..., None]
) -> None:
    study = open_study("memory", tmp_path)
    run(study, schedule="hyperband", max_total_resource=9)
    storage, study_id = storage_and_id(study)
    stored = storage.get_study_system_attrs(study_id)[SETTINGS]
    before = {name: value for name, value in stored.items() if name != "schedule"}
    storage.set_study_system_attr(study_id, SETTINGS, before)
    with pytest.raises(InputError, match=r"schedule is 'halving-once'.*'hyperband'"):
        run(study)
    run(study, schedule="hyperband")
    assert len(study.trials) == 27 + 9 + 6 + 4


def test_an_unknown_schedule_is_refused_before_anything_is_trained(
    tmp_path: Path, run: Callable[..., None]
) -> None:
    study = open_study("memory", tmp_path)
    with pytest.raises(InputError, match="schedule 'twice' is unknown"):
        run(study, schedule="twice")
    assert not study.trials
