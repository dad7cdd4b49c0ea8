"""One search has one folder and one storage."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest

from optuna_dnc import InputError
from optuna_dnc.runs import studies
from optuna_dnc.search import StagedSearch, setup
from tests.searches import FEWEST

Search = Callable[..., StagedSearch]


def test_one_storage_holds_a_search_for_one_folder(search: Search, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shared.db"
    here, there = tmp_path / "a" / "run", tmp_path / "b" / "run"
    whole = search(**FEWEST, storage=url, out=here).run()
    with pytest.raises(InputError, match=r"belongs to the same search in .*a.run on .*out="):
        search(**FEWEST, storage=url, out=there).run()
    assert not there.exists()
    there.parent.mkdir()
    here.rename(there)
    assert search(**FEWEST, storage=url, out=there).run().best == whole.best
    shutil.rmtree(there)
    assert search(**FEWEST, storage=url, out=there).run().best.config == whole.best.config


def test_a_search_on_another_machine_is_not_joined(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = optuna.storages.InMemoryStorage()
    search(**FEWEST, storage=storage).run()
    shutil.rmtree(tmp_path / "run")
    monkeypatch.setattr(studies, "node", lambda: "other")
    with pytest.raises(InputError, match="resume it there, or choose a folder of another name"):
        search(**FEWEST, storage=storage).run()


def test_a_storage_beside_the_study_of_a_folder_is_refused(
    search: Search, ended: Path, epochs_trained: list[tuple[int, int]]
) -> None:
    with pytest.raises(InputError, match=r"are in its study.db; drop storage"):
        search(storage=optuna.storages.InMemoryStorage()).run()
    assert epochs_trained == []


def test_what_cannot_be_timed_leaves_the_folder_to_other_settings(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def time_epoch(*arguments: object) -> float:
        raise MemoryError

    monkeypatch.setattr(setup, "time_epoch", time_epoch)
    with pytest.raises(InputError, match="that count as 1 with baseline="):
        search(penalize="t_epoch").run()
    assert not (tmp_path / "run" / "settings.json").exists()
    assert search(**FEWEST, penalize="t_epoch", baseline=0.5).run().complete


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"timeout": "60"}, "timeout must be a number"),
        ({"timeout": 0}, "timeout must be above 0 seconds"),
        ({"out": 5}, "out must be a path of a folder"),
        ({"data_root": 5}, "data_root must be a path of a folder"),
        ({"storage": 5}, "storage must be an Optuna storage or its URL"),
    ],
)
def test_arguments_of_another_type_are_refused(
    search: Search, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        search(**given)
