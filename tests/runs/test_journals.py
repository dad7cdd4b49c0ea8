"""Journal files: how they are named, and what a killed process leaves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import optuna
import pytest

from optuna_dnc import InputError
from optuna_dnc.runs.journals import journal_file
from optuna_dnc.runs.storage import open_storage


@pytest.mark.parametrize(
    ("storage", "file"),
    [
        ("journal:///shared/trials", "/shared/trials"),
        ("journal:///my%20runs/a.log", "/my runs/a.log"),
        ("/shared/trials.journal", "/shared/trials.journal"),
        ("runs/trials.log", "runs/trials.log"),
        ("sqlite:///trials.log", None),
        ("postgresql+psycopg://h/trials.log", None),
    ],
)
def test_what_names_a_journal_file(storage: str, file: str | None) -> None:
    assert journal_file(storage) == (None if file is None else Path(file))


def write(path: Path, name: str) -> list[str]:
    storage = open_storage(str(path))
    optuna.create_study(storage=storage, study_name=name)
    return optuna.get_all_study_names(storage)


def test_half_an_entry_of_a_killed_process_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "trials.log"
    write(path, "one")
    with path.open("ab") as log:
        log.write(b'{"op_code": 0, "study_na')
    assert write(path, "two") == ["one", "two"]
    assert write(path, "three") == ["one", "two", "three"]


def test_nobody_waits_for_a_killed_process_that_was_writing(tmp_path: Path) -> None:
    path = tmp_path / "trials.log"
    write(path, "one")
    code = (
        "import os, sys; from optuna_dnc.runs.journals import _SystemLock\n"
        "_SystemLock(sys.argv[1]).acquire(); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)]).returncode == -9
    assert write(path, "two") == ["one", "two"]


def test_a_missing_journal_is_not_created_by_reading(tmp_path: Path) -> None:
    path = tmp_path / "trials.log"
    with pytest.raises(InputError, match=r"trials\.log is missing"):
        open_storage(str(path), create=False, to_read=True)
    assert not path.exists()
    with pytest.raises(InputError, match="No such file"):
        open_storage(str(tmp_path / "none" / "trials.log"))
