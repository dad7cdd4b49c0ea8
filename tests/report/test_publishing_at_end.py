"""A search publishes by itself when it ends, if it took long enough, and never fails for it."""

from __future__ import annotations

import sys
from pathlib import Path

import optuna
import pytest
from filelock import FileLock
from optuna_dashboard import get_note

from optuna_dnc.cli import going_on
from optuna_dnc.cli.going_on import EXPECTED, publish_at_end
from optuna_dnc.report.dashboard import publishing

LONG = 100 * EXPECTED


def note_of(folder: Path) -> str:
    name, storage = f"{folder.name}/3-training", f"sqlite:///{folder}/study.db"
    return str(get_note(optuna.load_study(study_name=name, storage=storage)))


def test_a_long_search_publishes_and_a_short_one_does_not(finished_copy: Path) -> None:
    assert publish_at_end(finished_copy, None, LONG - 1) is None
    assert note_of(finished_copy) == ""
    assert publish_at_end(finished_copy, None, LONG) is None
    assert "**complete**" in note_of(finished_copy)


def test_a_short_search_does_not_import_the_dashboard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna_dnc.report.dashboard.publishing", None)
    assert publish_at_end(tmp_path, None, LONG - 1) is None
    with pytest.raises(ModuleNotFoundError):
        publish_at_end(tmp_path, None, LONG)


def test_a_problem_is_told_and_nothing_raised(
    finished_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "PATIENCE", 0.01)
    with FileLock(finished_copy / ".publishing.lock"):
        told = publish_at_end(finished_copy, None, LONG)
    assert told is not None
    assert told.startswith("the search is complete, but was not published for optuna-dashboard: ")


def test_without_plotly_notes_are_published(
    finished_copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("optuna_dnc.report")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "plotly", None)
    monkeypatch.setattr(going_on, "find_spec", lambda name: None)
    assert publish_at_end(finished_copy, None, LONG) is None
    assert "**complete**" in note_of(finished_copy)
