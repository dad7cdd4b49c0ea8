"""A dashboard that is served while a test looks at it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from optuna.storages import RDBStorage

from optuna_dnc.report.dashboard.actions import Actions
from optuna_dnc.report.dashboard.publishing import artifact_store
from optuna_dnc.report.dashboard.run_app import RunApp
from optuna_dnc.report.dashboard.serve import dashboard_app
from optuna_dnc.report.dashboard.server import bind
from optuna_dnc.runs import open_run


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a search on a free port and give the URL."""
    search = open_run(folder)
    server = bind("127.0.0.1", 0)
    storage = RDBStorage(f"sqlite:///{folder}/study.db")
    actions = Actions(folder, storage, is_in_file=True)
    pages = dashboard_app(storage, artifact_store(search))
    server.set_app(RunApp(search, storage, actions, pages))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
