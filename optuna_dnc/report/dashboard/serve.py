"""Server of optuna-dashboard for a run, with notes and figures kept up to date."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from optuna.storages import get_storage

import optuna_dnc.report.figures.theme  # noqa: F401 - raises a clear error if plotly is missing
from optuna_dnc.report.dashboard.actions import Actions
from optuna_dnc.report.dashboard.app import dashboard_app
from optuna_dnc.report.dashboard.publishing import artifact_store
from optuna_dnc.report.dashboard.run_app import RunApp
from optuna_dnc.report.dashboard.server import bind
from optuna_dnc.report.dashboard.updates import Updates
from optuna_dnc.runs import open_run
from optuna_dnc.runs.storage import open_storage

PATIENCE = 10.0
"""Seconds to wait for the first publication before pages are served."""


def serve_dashboard(
    path: Path,
    *,
    storage: str | None = None,
    host: str = "127.0.0.1",
    port: int = 8080,
    allowed_hosts: Collection[str] = (),
    on_ready: Callable[[str], None] = lambda url: None,
    on_problem: Callable[[str], None] = lambda problem: None,
) -> None:
    """Publish a search and serve optuna-dashboard until a KeyboardInterrupt.

    Args:
        path: Folder of the run.
        storage: Storage URL of the search; None for ``study.db`` in the folder of the run.
        host: Address or name of this machine to listen at.
        port: Port; 0 selects a free one.
        allowed_hosts: More host names that browsers may use, such as that of a proxy. Requests to
            other names, and from pages of other servers, are rejected.
        on_ready: Called with the URL when the server is ready.
        on_problem: Called with a line for each new problem of publishing, which is retried.

    Raises:
        InputError: The folder contains no search, or the port or host cannot be used. Nothing has
            been written then.
    """
    search = open_run(path, storage)
    # It caches finished trials, and commits to study.db do not wait for the disk.
    shared = get_storage(open_storage(storage or search.folder.study))
    server = bind(host, port, allowed_hosts)
    actions = Actions(search.path, shared, is_in_file=storage is None)
    pages = dashboard_app(shared, artifact_store(search))
    server.set_app(RunApp(search, shared, actions, pages))
    updates = Updates(search, shared, on_problem)
    try:
        updates.start(PATIENCE)
        on_ready(server.url)
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        updates.stop()
        server.server_close()
