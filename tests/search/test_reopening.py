"""A search is created again from its folder alone, and goes on as the same command would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.samplers import RandomSampler

from optuna_dnc import InputError
from optuna_dnc.nets import MLPFamily
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.search import StagedSearch
from optuna_dnc.search.reopening import search_of_run
from optuna_dnc.search.search_run import SearchRun
from optuna_dnc.transfer import transfer_search
from tests.interruption import Killed
from tests.searches import SMALL, Arrays, trials_of

Search = Callable[..., StagedSearch]


class OwnFamily(MLPFamily):
    """A family that no name leads to."""

    name = "own"


def begun(search: StagedSearch) -> StagedSearch:
    """Return a search of which the folder and the storage know, and no more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SearchRun, "complete", _kill)
        with pytest.raises(Killed):
            search.run()
    return search


def _kill(run: SearchRun) -> None:
    raise Killed


def is_same(search: StagedSearch, reopened: StagedSearch) -> bool:
    """Whether both are the same search, run in the same way."""
    return (search.identity, search.session) == (reopened.identity, reopened.session)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A file with a date, categories and missing values; it has to be read as it was."""
    rng = np.random.default_rng(0)
    rows = [
        f"{'abc'[i % 3]},{rng.normal() + i % 2:.3f},2024-0{i % 9 + 1}-01,w{i % 40},{i % 2}"
        for i in range(200)
    ]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(["kind,size,day,word,label", *rows]))
    return path


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"preset": "deep-n-cheap", "epochs": 2},
        {"strategy": "joint", "pruner": "none", "epochs": 3},
        {"strategy": "joint", "epochs": 3, "budget": 30, "sampler": "bohb"},
        {"preset": "quick", "n_startup_trials": 3, "wc": 0.01, "penalize": "macs"},
        {"training_space": {"lr": (1e-3, 1e-2)}, "max_params": 900, "metric": "f1_macro"},
        {"class_weight": "balanced", "max_train": 90, "timeout": 50.0, "floors": True},
    ],
)
def test_settings_and_session_are_those_that_the_search_began_with(
    search: Search, npz: Path, changes: dict[str, Any]
) -> None:
    first = begun(search(data=npz, **changes))
    assert is_same(first, search_of_run(first.folder.path))


@pytest.mark.parametrize("options", [{"target": "label"}, {"target": "size", "drop": ["day"]}])
def test_tables_are_read_with_their_options(
    table: Path, tmp_path: Path, options: dict[str, Any]
) -> None:
    space = {"width": (4, 16)}
    first = begun(StagedSearch(table, **SMALL | {"space": space}, **options, out=tmp_path / "run"))
    assert is_same(first, search_of_run(tmp_path / "run"))


def test_a_transfer_keeps_its_network_and_its_note(search: Search, npz: Path) -> None:
    source = search(data=npz).run()
    first = begun(transfer_search(source, npz, out=source.path / "moved", n_steps=1))
    reopened = search_of_run(first.folder.path)
    assert is_same(first, reopened)
    notes: Any = reopened.session["notes"]
    assert notes["transferred_from"]["dataset"] == "data"


def test_a_killed_search_goes_on_to_the_same_trials(
    search: Search, npz: Path, tmp_path: Path, kill_at_report: Callable[[int], None]
) -> None:
    killed, whole = tmp_path / "killed" / "run", tmp_path / "whole" / "run"
    kill_at_report(7)
    with pytest.raises(Killed):
        search(data=npz, out=killed).run()
    kill_at_report(0)
    search_of_run(killed).run()
    search(data=npz, out=whole).run()
    assert trials_of(killed) == trials_of(whole)


def test_it_may_be_run_in_another_way(search: Search, npz: Path) -> None:
    first = begun(search(data=npz, timeout=50.0))
    reopened = search_of_run(first.folder.path, timeout=None, refit=True)
    assert reopened.identity == first.identity
    assert reopened.session == first.session | {"timeout": None, "refit": True}


def test_the_storage_of_the_search_has_to_be_given(search: Search, npz: Path) -> None:
    storage = optuna.storages.InMemoryStorage()
    first = begun(search(data=npz, storage=storage, timeout=50.0))
    (first.folder.path / "checkpoints").mkdir()
    assert is_same(first, search_of_run(first.folder.path, storage))
    with pytest.raises(InputError, match="storage="):
        search_of_run(first.folder.path)


def test_data_in_memory_have_to_be_given(search: Search, arrays: Arrays) -> None:
    first = begun(search())
    with pytest.raises(InputError, match="give the same data again"):
        search_of_run(first.folder.path)
    assert is_same(first, search_of_run(first.folder.path, data=arrays))
    with pytest.raises(InputError, match="other samples"):
        search_of_run(first.folder.path, data=(arrays[0][1:], arrays[1][1:], *arrays[2:]))


def test_own_families_and_samplers_have_to_be_given(search: Search, npz: Path) -> None:
    first = begun(search(data=npz, network=OwnFamily, sampler=RandomSampler))
    path = first.folder.path
    parts: dict[str, Any] = {"network": OwnFamily, "sampler": RandomSampler}
    assert is_same(first, search_of_run(path, **parts))
    assert is_same(first, search_of_run(path, **parts | {"network": first.family}))
    with pytest.raises(InputError, match=r"'own'.*give it with network="):
        search_of_run(path, sampler=RandomSampler)
    with pytest.raises(InputError, match=r"RandomSampler.*give it with sampler="):
        search_of_run(path, network=OwnFamily)


def test_a_search_of_a_trade_off_is_not_run_alone(search: Search, npz: Path) -> None:
    first = begun(search(data=npz, shares_trials=True))
    with pytest.raises(InputError, match="tradeoff command again"):
        search_of_run(first.folder.path)


def test_a_run_that_was_killed_before_its_first_study_begins(search: Search, npz: Path) -> None:
    first = search(data=npz)
    first.folder.path.mkdir()
    first.folder.write_settings(first.identity)
    assert search_of_run(first.folder.path, data=npz).identity == first.identity
    assert not RunFolder(first.folder.path).study.exists()
