"""The database of a worker: it knows its own trials, and reads those of others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import optuna
import pytest
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import event

from optuna_dnc._optuna_compat import (
    WorkerStorage,
    all_trials,
    engine_of,
    new_trial,
    resume_trial,
    set_system_attr,
    set_user_attrs,
)
from optuna_dnc.runs.database import open_database
from optuna_dnc.runs.storage import open_storage
from tests.servers import Server


@pytest.fixture
def storage(tmp_path: Path) -> WorkerStorage:
    return WorkerStorage(open_database(tmp_path / "study.db"))


def opened(storage: BaseStorage, name: str = "one") -> optuna.Study:
    return optuna.create_study(study_name=name, storage=storage, load_if_exists=True)


def elsewhere(storage: WorkerStorage) -> optuna.Study:
    """The study as another process has it."""
    return opened(WorkerStorage(storage._backend))


def stored(study: optuna.Study) -> list[FrozenTrial]:
    storage = study._storage
    assert isinstance(storage, WorkerStorage)
    return storage._backend.get_all_trials(study._study_id)


def check_known(study: optuna.Study, *moments: str) -> None:
    """Check that what is known of the trials is what is stored, but the moment of their ends."""

    def facts(trial: FrozenTrial) -> dict[str, object]:
        known = {
            name: getattr(trial, name) is not None for name in (*moments, "datetime_complete")
        }
        return {**vars(trial), **known}

    assert [*map(facts, all_trials(study))] == [*map(facts, stored(study))]


def begun(study: optuna.Study) -> optuna.Trial:
    trial = new_trial(study)
    trial.suggest_int("width", 1, 8, log=True)
    trial.suggest_float("rate", 0.1, 0.7)
    trial.suggest_categorical("kind", ["a", None, True])
    set_system_attr(study, trial, "key", ["k", trial.number])
    return trial


@contextmanager
def counted(storage: BaseStorage) -> Iterator[list[str]]:
    statements: list[str] = []
    engine = engine_of(storage)
    assert engine is not None

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def check_life(study: optuna.Study, storage: WorkerStorage) -> None:
    """Carry trials from their beginning to their end, and compare each state with the stored."""
    for number in range(3):
        with storage.deciding():
            all_trials(study)
            trial = begun(study)
            seen = all_trials(study)[number].params
        assert seen == trial.params
        check_known(study)
        trial.report(0.5, 1)
        trial.report(float("inf"), 2)
        trial.set_user_attr("many", (1, 2.5))
        set_user_attrs(trial, {"curve": {1: 0.25}, "many": [3]})
        check_known(study)
        assert storage.get_trial(trial._trial_id) == stored(study)[number]
        with storage.deciding(training=True):
            state = TrialState.PRUNED if number == 1 else TrialState.COMPLETE
            study.tell(trial, None if number == 1 else 1 / 3, state)
        with storage.deciding():
            check_known(study)


def test_what_it_knows_is_what_is_stored(storage: WorkerStorage) -> None:
    check_life(opened(storage), storage)


def test_so_it_is_on_servers(database_server: Server) -> None:
    backend = open_storage(database_server.url)
    storage = WorkerStorage(backend)  # type: ignore[arg-type]
    study = opened(storage, "known")
    with storage.deciding():
        trial = begun(study)
    with storage.deciding():
        other = begun(study)
    set_user_attrs(trial, {"curve": {1: 0.1}})
    for known, read in zip(all_trials(study), stored(study), strict=True):
        assert (known.params, known.system_attrs) == (read.params, read.system_attrs)
    assert other.number == 1
    storage.remove_session()
    storage._backend.engine.dispose()


def test_it_reads_little(storage: WorkerStorage) -> None:
    study = opened(storage)
    for _ in range(2):
        with counted(storage) as statements:
            with storage.deciding():
                all_trials(study)
                trial = begun(study)
                all_trials(study)
            with storage.deciding(training=True):
                all_trials(study)
                set_user_attrs(trial, {"a": 1, "b": 2})
                study.tell(trial, 1.0)
    assert len(statements) <= 20  # 60 without it


def test_a_report_reads_the_state_alone_and_the_last_one_of_an_epoch_counts(
    storage: WorkerStorage,
) -> None:
    study = opened(storage)
    with storage.deciding():
        trial = begun(study)
    with counted(storage) as statements:
        trial.report(float("nan"), 1)
    assert [statement.split()[0] for statement in statements] == ["SELECT", "INSERT"]
    storage.set_trial_intermediate_value(trial._trial_id, 1, 0.5)
    assert stored(study)[0].intermediate_values == {1: 0.5}
    check_known(study)


def test_in_a_decision_a_study_is_read_once(storage: WorkerStorage) -> None:
    study = opened(storage)
    with storage.deciding():
        all_trials(study)
        with counted(storage) as statements:
            all_trials(study)
            study.get_trials()
    assert not statements


def test_one_query_finds_that_nobody_else_has_begun_a_trial(storage: WorkerStorage) -> None:
    study = opened(storage)
    with storage.deciding():
        begun(study)
    with storage.deciding(training=True), counted(storage) as statements:
        all_trials(study)
    assert len(statements) == 1
    begun(elsewhere(storage))
    with storage.deciding(training=True):
        assert len(all_trials(study)) == 2


def test_attributes_of_a_study_take_one_query(storage: WorkerStorage) -> None:
    study = opened(storage)
    assert study.user_attrs == {}
    elsewhere(storage).set_user_attr("widths", [1, 2])
    with counted(storage) as statements:
        assert study.user_attrs == {"widths": [1, 2]}
    assert len(statements) == 1


def test_a_study_that_was_deleted_is_told(storage: WorkerStorage) -> None:
    study = opened(storage)
    with storage.deciding():
        begun(study)
    optuna.delete_study(study_name="one", storage=storage._backend)
    for read in (lambda: all_trials(study), lambda: study.user_attrs):
        with pytest.raises(KeyError):
            read()


def test_what_it_writes_in_a_decision_is_not_read_again(storage: WorkerStorage) -> None:
    study = opened(storage)
    waiting = optuna.create_trial(state=TrialState.WAITING, system_attrs={"slot": 0})
    with storage.deciding():
        all_trials(study)
        trial_id = storage.create_new_trial(study._study_id, waiting)
        with counted(storage) as statements:
            trial = storage.get_trial(trial_id)
        assert not statements
    for state, values in ((TrialState.WAITING, None), (TrialState.COMPLETE, [0.5])):
        with storage.deciding():
            all_trials(study)
            set_system_attr(study, trial, "sent to", state.name)
            assert storage.set_trial_state_values(trial_id, TrialState.RUNNING)
            with counted(storage) as statements:
                assert all_trials(study) == [storage.get_trial(trial_id)]
            assert not statements
            check_known(study, "_datetime_start")
        with storage.deciding(training=True):
            storage.set_trial_state_values(trial_id, state, values)
            check_known(study, "_datetime_start")
    assert stored(study)[0].values == [0.5]


def test_parameters_and_key_are_written_by_one_commit(storage: WorkerStorage) -> None:
    study = opened(storage)
    with storage.deciding():
        begun(study)  # whose distributions are compared with those of other trials
    with storage.deciding():
        begun(study)
        assert not stored(study)[1].params
    assert len(stored(study)[1].params) == 3
    assert stored(study)[1].system_attrs == {"key": ["k", 1]}


def test_a_trial_that_another_worker_has_ended_is_read(storage: WorkerStorage) -> None:
    study, other = opened(storage), elsewhere(storage)
    with storage.deciding():
        begun(study)
    other.tell(0, 2.0)  # its claim was given back
    with storage.deciding():
        assert all_trials(study)[0].values == [2.0]


def test_a_trial_that_was_put_back_is_read(storage: WorkerStorage) -> None:
    study, other = opened(storage), elsewhere(storage)
    with storage.deciding():
        trial = begun(study)
        storage.set_trial_state_values(trial._trial_id, TrialState.WAITING)
        assert all_trials(study)[0].state == TrialState.WAITING
    resumed = resume_trial(other, all_trials(other)[0])
    resumed.report(0.5, 1)
    assert storage.get_trial(trial._trial_id).intermediate_values == {1: 0.5}
    with storage.deciding():
        check_known(study)


def test_a_trial_of_another_worker_that_is_resumed_keeps_what_it_had(
    storage: WorkerStorage,
) -> None:
    study, other = opened(storage), elsewhere(storage)
    with storage.deciding():
        begun(study)
    begun(other).report(0.5, 1)
    with storage.deciding():
        trial = resume_trial(study, all_trials(study)[1])
        assert trial.suggest_int("width", 1, 8, log=True) == stored(study)[1].params["width"]
        set_system_attr(study, trial, "key", "another")
        trial.suggest_float("new", 0.0, 1.0)
    check_known(study)


def test_trials_that_others_create_meanwhile_are_not_missed(storage: WorkerStorage) -> None:
    study, other = opened(storage), elsewhere(storage)
    with storage.deciding():
        all_trials(study)
        other.enqueue_trial({"width": 2})
        other.add_trial(optuna.create_trial(value=1.0))
        trial = begun(study)
    assert trial.number == 2
    with storage.deciding(training=True):
        check_known(study)


def test_an_error_in_a_decision_leaves_what_is_stored(storage: WorkerStorage) -> None:
    study = opened(storage)
    with storage.deciding():
        begun(study)
    with suppress(KeyboardInterrupt), storage.deciding():
        begun(study)
        raise KeyboardInterrupt
    check_known(study)
    with storage.deciding():
        assert resume_trial(study, all_trials(study)[1]).suggest_int("width", 1, 8, log=True)


def test_a_distribution_must_suit_that_of_other_trials(storage: WorkerStorage) -> None:
    study = opened(storage)
    with storage.deciding():
        begun(study)
    with pytest.raises(ValueError, match="distribution"), storage.deciding():
        new_trial(study).suggest_float("width", 0.0, 1.0)
