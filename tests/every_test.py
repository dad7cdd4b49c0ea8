"""What every test has: the same random numbers, and no waiting for what is the same each time."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import torch
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.event import listen, remove
from sqlalchemy.util import LRUCache


@pytest.fixture(autouse=True, scope="session")
def _migrations_of_a_database_are_read_once() -> Iterator[None]:
    """Optuna reads its own, ten files, up to three times for each storage that is opened."""
    read: dict[str | None, ScriptDirectory] = {}
    from_config = ScriptDirectory.from_config

    def once(config: Config) -> ScriptDirectory:
        location = config.get_main_option("script_location")
        if location not in read:
            read[location] = from_config(config)
        return read[location]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScriptDirectory, "from_config", once)
        yield


class _Compiled(LRUCache[Any, Any]):
    """Statements by what they are, and not by the dialect object of an engine."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_of_kind(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_of_kind(key), value)


def _of_kind(key: Any) -> Any:
    dialect, *others = key
    return (type(dialect) if dialect.name == "sqlite" else dialect, *others)


@pytest.fixture(autouse=True, scope="session")
def _statements_are_compiled_once() -> Iterator[None]:
    """Each engine compiles its own: a sixth of the time of a search with two trials."""
    compiled, create = _Compiled(1000), Engine.__init__

    def sharing(self: Engine, *arguments: Any, **options: Any) -> None:
        create(self, *arguments, **options)
        self._compiled_cache = compiled

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Engine, "__init__", sharing)
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_power_cut_is_coming() -> Iterator[None]:
    """Waiting for the disk, thousands of times, protects from nothing else.

    SQLite waits at each commit: for 5 to 30 ms, where the commit itself takes 0.1 ms.
    """

    def hurry(connection: Any, record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            with suppress(sqlite3.Error):  # a damaged file is for the test to find
                connection.execute("PRAGMA synchronous=OFF")

    listen(Engine, "connect", hurry)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield
    remove(Engine, "connect", hurry)


@pytest.fixture(autouse=True)
def the_same_random_numbers_in_every_run() -> None:
    """What fails once fails again, and says why."""
    random.seed(0)
    np.random.seed(0)
    torch.default_generator.manual_seed(0)  # that of all devices takes 0.5 ms
