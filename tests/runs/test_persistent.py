"""What is repeated after a lost connection, and what is not."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from typing import Any, ClassVar

import optuna
import pytest
from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError, OperationalError, PendingRollbackError

from optuna_dnc._errors import StorageError
from optuna_dnc._retrying import is_connection_lost, retried
from optuna_dnc.runs.persistent import persistent
from optuna_dnc.runs.storage import open_storage


def lost(cause: Exception | None = None) -> StorageInternalError:
    error = StorageInternalError("an exception is raised during the commit")
    error.__cause__ = OperationalError("UPDATE", {}, cause or ConnectionResetError("reset"))
    return error


class Unconfirmed(InMemoryStorage):
    """Loses the confirmation of the first call of each method."""

    calls: ClassVar[list[str]] = []

    def _lose(self, name: str) -> None:
        self.calls.append(name)
        if self.calls.count(name) == 1:
            raise lost()

    def create_new_trial(self, study_id: int, template_trial: Any = None) -> int:
        trial_id = super().create_new_trial(study_id, template_trial)
        self._lose("create")
        return trial_id

    def set_trial_state_values(
        self, trial_id: int, state: TrialState, values: Sequence[float] | None = None
    ) -> bool:
        done = super().set_trial_state_values(trial_id, state, values)
        self._lose(state.name)
        return done

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        super().set_trial_user_attr(trial_id, key, value)
        self._lose("attribute")


@pytest.fixture
def study(monkeypatch: pytest.MonkeyPatch) -> optuna.Study:
    monkeypatch.setattr("optuna_dnc._retrying._FIRST_PAUSE", 0.001)
    monkeypatch.setattr(Unconfirmed, "calls", [])
    return optuna.create_study(storage=persistent(Unconfirmed)())


def test_a_server_that_cannot_be_reached_in_the_beginning_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("psycopg")
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("it waits"))
    with pytest.raises(StorageError, match="cannot be reached"):
        open_storage("postgresql+psycopg://me:secret@127.0.0.1:1/runs")


def test_a_trial_is_told_once_also_if_its_confirmation_was_lost(study: optuna.Study) -> None:
    Unconfirmed.calls.append("create")
    trial = study.ask()
    trial.set_user_attr("key", 1)
    study.tell(trial, 0.5)
    assert Unconfirmed.calls.count("attribute") == 2
    assert [(t.value, t.user_attrs) for t in study.trials] == [(0.5, {"key": 1})]


def test_what_another_worker_told_is_not_taken_for_ones_own(study: optuna.Study) -> None:
    Unconfirmed.calls += ["create", "COMPLETE"]
    trial = study.ask()
    storage = study._storage
    assert storage.set_trial_state_values(trial._trial_id, TrialState.COMPLETE, [0.5])
    with pytest.raises(UpdateFinishedTrialError):
        storage.set_trial_state_values(trial._trial_id, TrialState.COMPLETE, [0.7])
    with pytest.raises(UpdateFinishedTrialError):
        storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)


def test_a_trial_is_not_created_twice(study: optuna.Study) -> None:
    with pytest.raises(StorageInternalError):
        study.ask()
    assert len(study.trials) == 1


def test_patience_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optuna_dnc._retrying._FIRST_PAUSE", 0.001)
    calls = 0

    def fail() -> None:
        nonlocal calls
        calls += 1
        raise lost()

    with pytest.raises(StorageInternalError):
        retried(fail, patience=0.01)
    assert calls > 1


def test_a_second_statement_on_a_lost_connection_tells_that_it_was_lost() -> None:
    with create_engine("sqlite://").connect() as connection:
        connection.begin()
        connection.invalidate()
        with pytest.raises(PendingRollbackError) as second:
            connection.execute(text("SELECT 1"))
    assert is_connection_lost(second.value)


@pytest.mark.parametrize(
    ("error", "is_lost"),
    [
        (lost(), True),
        (lost(sqlite3.OperationalError("disk I/O error")), False),
        (IntegrityError("INSERT", {}, Exception("duplicate")), False),
        (PendingRollbackError("This Session's transaction was rolled back", code="7s2a"), False),
        (StorageInternalError("other"), False),
        (ConnectionError("of something else"), False),
    ],
)
def test_what_counts_as_a_lost_connection(error: Exception, is_lost: bool) -> None:
    assert is_connection_lost(error) is is_lost
