"""The SQLite file of a run, and what is written to it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import optuna
import pytest
from sqlalchemy import event

from optuna_dnc._errors import InputError, StorageError
from optuna_dnc._optuna_compat import set_user_attrs
from optuna_dnc._optuna_compat.read_database import newest_schema
from optuna_dnc.runs import database
from optuna_dnc.runs.folder import RunFolder
from optuna_dnc.runs.storage import open_storage


def _modes(path: Path) -> tuple[str, int]:
    with closing(sqlite3.connect(path, factory=database._Connection)) as connection:
        return tuple(
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous")
        )


@pytest.mark.parametrize(("local", "modes"), [(True, ("wal", 1)), (False, ("delete", 2))])
def test_a_commit_waits_for_the_disk_only_where_there_is_no_write_ahead_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local: bool, modes: tuple[str, int]
) -> None:
    monkeypatch.setattr(database, "_is_local", lambda folder: local)
    database.open_database(tmp_path / "study.db")
    assert _modes(tmp_path / "study.db") == modes


def test_a_file_that_cannot_be_opened_is_told_without_words_of_urls(tmp_path: Path) -> None:
    file = tmp_path / "gone" / "study.db"
    with pytest.raises(StorageError, match=rf"^{file} cannot be opened \(No such file .*disk"):
        open_storage(file)


def test_a_database_whose_creation_was_interrupted_is_completed(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    database.open_database(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP INDEX ix_studies_study_name")
    for _ in range(2):
        storage = database.open_database(path)
        optuna.create_study(storage=storage, study_name="one", load_if_exists=True)
    assert optuna.get_all_study_names(storage) == ["one"]


def test_a_path_may_hold_what_means_something_in_a_url(tmp_path: Path) -> None:
    folder = tmp_path / "my%20runs" / "why? a#b"
    folder.mkdir(parents=True)
    optuna.create_study(storage=database.open_database(folder / "study.db"), study_name="one")
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} == {folder}
    assert optuna.get_all_study_names(database.read_only_url(folder / "study.db")) == ["one"]


def test_the_newest_schema_is_found_without_alembic() -> None:
    assert newest_schema() == optuna.storages.RDBStorage("sqlite://").get_head_version()


def _only_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever runs the tests may be allowed everything.
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)


def test_a_run_that_one_may_only_read_can_be_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder(tmp_path / "why?")
    folder.path.mkdir()
    written = database.open_database(folder.study)
    optuna.create_study(storage=written, study_name="one")
    written.engine.dispose()
    before = {path.name: path.read_bytes() for path in folder.path.iterdir()}
    _only_readable(monkeypatch)
    storage = optuna.storages.RDBStorage(database.read_only_url(folder.study))
    assert optuna.get_all_study_names(storage) == ["one"]
    with pytest.raises(optuna.exceptions.StorageInternalError):
        optuna.create_study(storage=storage, study_name="two")
    assert {path.name: path.read_bytes() for path in folder.path.iterdir()} == before


def test_what_a_killed_search_left_in_its_log_is_not_left_out_of_what_one_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder(tmp_path)
    (tmp_path / "study.db-wal").write_bytes(b"not yet in the file")
    _only_readable(monkeypatch)
    with pytest.raises(InputError, match="is read-only, and was not closed"):
        database.read_only_url(folder.study)


def test_a_file_system_that_is_not_known_to_be_local_is_taken_for_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_LOCAL", ())
    assert not database._is_local(tmp_path)


def test_a_process_that_ends_leaves_one_file(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib, optuna\n"
        "from optuna_dnc.runs.database import open_database\n"
        "storage = open_database(pathlib.Path(sys.argv[1]))\n"
        "optuna.create_study(storage=storage, study_name='a').set_user_attr('n', 1)\n"
    )
    path = tmp_path / "study.db"
    subprocess.run([sys.executable, "-c", program, path], check=True, capture_output=True)
    assert list(tmp_path.iterdir()) == [path]
    study = optuna.load_study(study_name="a", storage=f"sqlite:///{path}")
    assert study.user_attrs == {"n": 1}


def test_a_trials_attributes_are_all_there_or_none(tmp_path: Path) -> None:
    storage = database.open_database(tmp_path / "study.db")
    study = optuna.create_study(storage=storage)
    study.ask()
    trial = study.ask()
    with pytest.raises(TypeError, match="JSON"):
        set_user_attrs(trial, {"first": 1, "second": object()})
    assert [trial.user_attrs for trial in study.trials] == [{}, {}]
    assert trial.user_attrs == {}

    set_user_attrs(trial, {"first": 1, "second": [2]})
    set_user_attrs(trial, {"second": {"two": 2}})
    assert [trial.user_attrs for trial in study.trials] == [{}, {"first": 1, "second": {"two": 2}}]
    assert trial.user_attrs == {"first": 1, "second": {"two": 2}}
    study.tell(trial, 0.0)
    with pytest.raises(optuna.exceptions.UpdateFinishedTrialError):
        set_user_attrs(trial, {"first": 3})


def test_more_attributes_of_a_trial_need_no_more_statements(tmp_path: Path) -> None:
    storage = database.open_database(tmp_path / "study.db")
    study = optuna.create_study(storage=storage)
    statements: list[str] = []
    event.listen(
        storage.engine, "before_cursor_execute", lambda *passed: statements.append(passed[2])
    )

    def n_statements(n_attributes: int) -> int:
        trial = study.ask()
        statements.clear()
        set_user_attrs(trial, {f"a{i}": i for i in range(n_attributes)})
        return len(statements)

    assert n_statements(2) == n_statements(20)


_CHANGE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("UPDATE study_user_attributes SET value_json = '2'")
connection.commit()
connection.close()
"""


@pytest.mark.parametrize("again", ["to write", "to read", "by its URL", "to check it"])
def test_a_file_that_is_opened_again_still_sees_what_other_processes_write(
    tmp_path: Path, again: str
) -> None:
    path = tmp_path / "study.db"
    study = optuna.create_study(storage=database.open_database(path), study_name="a")
    study.set_user_attr("number", 1)
    if again == "to check it":
        database.check_database(path)
    else:
        place = f"sqlite:///{path}" if again == "by its URL" else path
        open_storage(place, create=False, to_read=again == "to read")
    # A process that believes to be the last one deletes the log when it closes the file.
    subprocess.run([sys.executable, "-c", _CHANGE, path], check=True)
    assert study.user_attrs["number"] == 2
    study.set_user_attr("number", 3)
    with closing(sqlite3.connect(path)) as other:
        stored = other.execute("SELECT value_json FROM study_user_attributes").fetchall()
    assert stored == [("3",)]
