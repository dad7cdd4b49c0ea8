"""Rows of a database, read and written by their columns.

Optuna loads objects by several queries; a query of columns takes about half of the time. What such
a query does not find is left to Optuna, which says what is missing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from optuna.storages import RDBStorage
from optuna.storages._rdb.storage import _create_scoped_session

from optuna_dnc._retrying import retried


def insert_rows(storage: RDBStorage, tables: Mapping[Any, list[dict[str, Any]]]) -> None:
    """Insert rows of unfinished trials by one commit, without asking whether they are there."""
    from sqlalchemy import insert

    def write() -> None:
        # Rows that exist were written by an attempt that the server has not confirmed.
        with _create_scoped_session(storage.scoped_session, True) as session:
            for trial_id in {row["trial_id"] for rows in tables.values() for row in rows}:
                _check_is_updatable(storage, trial_id, session)
            for table, rows in tables.items():
                if rows:
                    session.execute(insert(table), rows)

    retried(write)


def write_user_attrs(storage: RDBStorage, trial_id: int, attributes: Mapping[str, Any]) -> None:
    """Write user attributes of a trial, all of them or none, by one commit."""
    from optuna.storages._rdb.models import TrialUserAttributeModel
    from sqlalchemy import insert

    def write() -> None:
        written = {name: json.dumps(value) for name, value in attributes.items()}
        with _create_scoped_session(storage.scoped_session) as session:
            _check_is_updatable(storage, trial_id, session)
            known: list[Any] = TrialUserAttributeModel.where_trial_id(trial_id, session)
            for attribute in known:
                if attribute.key in written:
                    attribute.value_json = written.pop(attribute.key)
            rows = [
                {"trial_id": trial_id, "key": name, "value_json": value}
                for name, value in written.items()
            ]
            if rows:
                session.execute(insert(TrialUserAttributeModel), rows)

    retried(write)


def study_user_attrs(storage: RDBStorage, study_id: int) -> dict[str, Any]:
    """Return the user attributes of a study."""

    def read() -> dict[str, Any]:
        with _create_scoped_session(storage.scoped_session) as session:
            rows = session.execute(_queries().user_attrs, {"id": study_id})
            return {key: json.loads(value) for key, value in rows}

    return retried(read) or storage.get_study_user_attrs(study_id)


def newest_trial(storage: RDBStorage, study_id: int) -> int | None:
    """Return the largest id of the trials of a study; None without trials, or without a study."""

    def read() -> int | None:
        with _create_scoped_session(storage.scoped_session) as session:
            newest: int | None = session.execute(_queries().newest, {"id": study_id}).scalar()
        return newest

    return retried(read)


def _check_is_updatable(storage: RDBStorage, trial_id: int, session: Any) -> None:
    """Raise Optuna's error if a trial has ended, or is missing."""
    from optuna.storages._rdb.models import TrialModel

    state = session.execute(_queries().state, {"id": trial_id}).scalar_one_or_none()
    if state is None:
        TrialModel.find_or_raise_by_id(trial_id, session)
    storage.check_trial_is_updatable(trial_id, state)


class _Queries(NamedTuple):
    user_attrs: Any
    newest: Any
    state: Any


@cache
def _queries() -> _Queries:
    """Return the queries, each of one ``id``: SQLAlchemy is slow to import, and to write them."""
    from optuna.storages._rdb.models import BaseModel
    from sqlalchemy import bindparam, func, select

    tables = BaseModel.metadata.tables
    attributes, trials = tables["study_user_attributes"].c, tables["trials"].c
    wanted: Any = bindparam("id")
    return _Queries(
        select(attributes.key, attributes.value_json).where(attributes.study_id == wanted),
        select(func.max(trials.trial_id)).where(trials.study_id == wanted),
        select(trials.state).where(trials.trial_id == wanted),
    )
