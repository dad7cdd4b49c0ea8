"""A search gets more to do, and keeps what it has done."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optuna_dnc import InputError
from optuna_dnc.runs import identity, search_status
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.run import open_run
from optuna_dnc.runs.study_facts import StudyFacts
from optuna_dnc.search import StagedSearch, choose, extend
from optuna_dnc.search.choosing import extended_search
from optuna_dnc.search.search_run import SearchRun
from tests.interruption import Killed
from tests.searches import SMALL, Arrays, trials_of

Search = Callable[..., StagedSearch]
TRIALS = {"strategy": "joint", "pruner": "none", "epochs": 2}
"""One stage, whose added trials are those of a longer search."""


@pytest.fixture(scope="module")
def _short(arrays: Arrays, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data and a search of TRIALS on them, to be copied."""
    folder = tmp_path_factory.mktemp("short")
    x, y, x_test, y_test = arrays
    np.savez(folder / "data.npz", xtr=x, ytr=y, xte=x_test, yte=y_test)
    StagedSearch(folder / "data.npz", **SMALL | TRIALS, out=folder / "run").run()
    return folder / "run"


@pytest.fixture
def ended_early(_short: Path, tmp_path: Path) -> Path:
    """A finished search of TRIALS in this test's own folder."""
    return Path(shutil.copytree(_short, tmp_path / "run"))


ONE_LAYER = SMALL["space"] | {"n_layers": (1, 1)}


def n_trials(path: Path) -> list[int]:
    return [stage.n_trials for stage in search_status(path).stages]


def test_an_extended_search_is_the_search_that_was_longer_from_the_start(
    search: Search, npz: Path, ended_early: Path, tmp_path: Path
) -> None:
    long = tmp_path / "long" / "run"
    extended = extend(ended_early, n_steps=5)
    whole = search(data=npz, out=long, **TRIALS, n_steps=5).run()
    stages = ("1-joint",)
    assert trials_of(ended_early, stages=stages) == trials_of(long, stages=stages)
    assert extended.complete
    assert extended.best.loss == whole.best.loss
    assert extended.summary["stages"][0]["n_trials"] == 7
    assert extended.summary["settings"]["n_steps"] == 5


def test_all_bayesian_stages_get_more_trials(search: Search, npz: Path) -> None:
    space = ONE_LAYER | {"width": (8, 8)}  # none is better than the first
    path = search(data=npz, space=space, lr=0.01).run().path
    core, remaining, training = n_trials(path)
    assert extend(path, n_steps=4, n_startup_trials=3).complete
    assert n_trials(path) == [core + 3, remaining, training + 3]


SMALLEST: dict[str, Any] = {
    "wc": 1e6,
    "penalize": "n_params",
    "n_steps": 0,
    "lr": 0.01,
    "space": ONE_LAYER,
}
"""The smaller a network, the better: the first one is of medium size."""


def test_stages_2_and_3_follow_for_a_better_network_of_stage_1(
    search: Search, npz: Path, tmp_path: Path
) -> None:
    short, long = tmp_path / "short" / "run", tmp_path / "long" / "run"
    search(data=npz, out=short, n_startup_trials=1, **SMALLEST).run()
    before = open_run(short, to_read=True).ledger
    extend(short, n_startup_trials=5)
    search(data=npz, out=long, n_startup_trials=5, **SMALLEST).run()
    after, whole = (open_run(path, to_read=True).ledger for path in (short, long))
    assert after.best_of("core-architecture").loss < before.best_of("core-architecture").loss
    for stage, n_expected in (("remaining-architecture", None), ("training", 5)):
        old, new = before.of_stages(stage), after.of_stages(stage)
        assert [record.key for record in new[: len(old)]] == [record.key for record in old]
        of_better = {json.dumps(record.config) for record in whole.of_stages(stage)}
        added = [json.dumps(record.config) for record in new[len(old) :]]
        assert set(added) == of_better
        assert len(added) == (n_expected or len(whole.of_stages(stage)))
    assert after.best.loss <= whole.best.loss
    assert n_trials(short) == [stage.n_expected for stage in search_status(short).stages]


def test_an_unfinished_extension_is_resumed_where_it_was(search: Search, npz: Path) -> None:
    path = search(data=npz, n_startup_trials=1, **SMALLEST).run().path
    n_before = n_trials(path)[1]
    with extended_search(path, n_startup_trials=5).begun() as run:
        while len(run.context.ledger.of_stages("remaining-architecture")) <= n_before:
            assert run.work_once() == "trained"
    extend(path, n_startup_trials=5)
    records = open_run(path, to_read=True).ledger.of_stages("remaining-architecture")
    origins = [origin for origin, _ in groupby(records, lambda record: record.origin)]
    assert len(origins) == len(set(origins)) == 2


def test_hyperband_gets_a_larger_budget(search: Search, npz: Path, tmp_path: Path) -> None:
    changes: dict[str, Any] = {"strategy": "joint", "epochs": 3, "data": npz}
    short, long = tmp_path / "short" / "run", tmp_path / "long" / "run"
    search(out=short, budget=12, **changes).run()
    extend(short, budget=24)
    search(out=long, budget=24, **changes).run()
    stages = ("1-joint",)
    assert trials_of(short, stages=stages) == trials_of(long, stages=stages)


@pytest.mark.parametrize(
    ("changes", "n_done", "expected"),
    [
        ({"n_steps": 5}, 6, {"n_steps": 8}),
        ({"n_steps": None}, 6, {"n_steps": 18}),
        ({"n_steps": None}, 60, {"n_steps": 53}),  # it went on while there was time
        ({"n_steps": 5, "budget": 40}, 6, {"n_steps": 8, "budget": 46}),
    ],
)
def test_more_trials_are_new_values_of_what_may_grow(
    changes: dict[str, Any], n_done: int, expected: dict[str, int]
) -> None:
    settings = {"n_startup_trials": 10, "budget": None, "epochs": 2} | changes
    assert identity.with_more_trials(settings, n_done, 3) == expected


def test_both_commands_resume_an_extended_search_and_no_other_does(
    search: Search, npz: Path
) -> None:
    path = search(data=npz, **TRIALS).run().path
    extend(path, n_steps=3)
    before = RunFolder(path).result.read_bytes()
    search(data=npz, **TRIALS).run()
    search(data=npz, **TRIALS, n_steps=3).run()
    assert RunFolder(path).result.read_bytes() == before
    with pytest.raises(InputError, match=r"n_steps was 3, now 4\..*; optuna-dnc extend gives it"):
        search(data=npz, **TRIALS, n_steps=4).run()
    with pytest.raises(InputError, match=r"n_steps was 3, now 4; seed .* to resume it\.$"):
        search(data=npz, **TRIALS, n_steps=4, seed=1).run()


def test_it_may_be_extended_twice(ended_early: Path) -> None:
    path = ended_early
    extend(path, n_steps=3)
    extend(path, n_steps=4)
    stored = json.loads(RunFolder(path).settings.read_text())
    assert (stored["n_steps"], stored["begun_with"]["n_steps"]) == (4, 2)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_process_that_is_killed_in_between_leaves_a_search_that_can_be_extended(
    ended_early: Path, number: int
) -> None:
    path = ended_early
    writes = 0

    def killed(write: Callable[..., None]) -> Callable[..., None]:
        def writing(*arguments: object) -> None:
            nonlocal writes
            writes += 1
            if writes == number:
                raise Killed
            write(*arguments)

        return writing

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(identity, "write_sealed", killed(identity.write_sealed))
        patch.setattr(StudyFacts, "keep_settings", killed(StudyFacts.keep_settings))
        patch.setattr(identity, "write_json", killed(identity.write_json))
        with pytest.raises(Killed):
            extend(path, n_steps=3)
    assert writes == number
    assert extend(path, n_steps=3).complete
    assert n_trials(path) == [5]


def test_the_same_call_goes_on_after_an_interruption(
    ended_early: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ended_early
    complete = SearchRun.complete

    def dying(run: SearchRun) -> None:
        raise Killed

    monkeypatch.setattr(SearchRun, "complete", dying)
    with pytest.raises(Killed):
        extend(path, n_steps=3)
    assert search_status(path).state == "stopped"
    monkeypatch.setattr(SearchRun, "complete", complete)
    assert extend(path, n_steps=3).complete


def test_a_choice_by_hand_ends(ended_early: Path) -> None:
    assert choose(ended_early, 2).chosen is not None
    extended = extend(ended_early, n_steps=3)
    assert extended.chosen is None
    # It had been tested all the same.
    assert extended.n_test_evaluations >= 2


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"n_steps": 1}, "n_steps must be at least 2, as in the search so far, got 1"),
        ({"n_startup_trials": 1}, "n_startup_trials must be at least 2"),
        ({"budget": 100}, "budget has no limit in this search"),
        ({"n_steps": 10**9}, "n_steps"),
        ({}, "^Nothing is added"),
    ],
)
def test_what_raises_nothing_is_refused(
    ended_early: Path, more: dict[str, Any], reason: str
) -> None:
    path = ended_early
    before = RunFolder(path).settings.read_bytes()
    with pytest.raises(InputError, match=reason):
        extend(path, **more)
    assert RunFolder(path).settings.read_bytes() == before


def test_rungs_of_hyperband_stay_as_they_are(search: Search, npz: Path) -> None:
    path = search(data=npz, strategy="joint", epochs=9, budget=20).run().path
    with pytest.raises(InputError, match="Hyperband would start with rungs"):
        extend(path, budget=500)
