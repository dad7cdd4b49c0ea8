"""Database of a run that is only read, opened without Alembic.

Alembic compares the schema of a database with that of Optuna. Its import and the import of all
migrations take an eighth of a command that shows a run.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from optuna.storages import RDBStorage
from optuna.storages._rdb import storage as _rdb
from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker


class ReadDatabase(RDBStorage):
    """Database whose schema is :func:`newest_schema`, to read it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine_kwargs = {}
        self.skip_compatibility_check = True
        self.heartbeat_interval = self.grace_period = None
        self.heartbeat_stale_trial_callback = self.failed_trial_callback = None
        self.engine = create_engine(url)
        self.scoped_session = scoped_session(sessionmaker(bind=self.engine))


@cache
def newest_schema() -> str:
    """Return the version of the schema that the installed Optuna creates.

    Each of its migrations is a file whose name begins with a version.
    """
    migrations = Path(_rdb.__file__).parent / "alembic" / "versions"
    return max((path.stem.rstrip("_") for path in migrations.glob("v*.py")), default="")
