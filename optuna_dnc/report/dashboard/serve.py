"""optuna-dashboard for a run, with what we publish kept up to date."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from optuna.storages import get_storage

import optuna_dnc.report.figures.theme  # noqa: F401 - raises a clear error where plotly is missing
from optuna_dnc.report.dashboard.app import dashboard_app
from optuna_dnc.report.dashboard.publishing import artifact_store
from optuna_dnc.report.dashboard.server import bind
from optuna_dnc.report.dashboard.updates import Updates
from optuna_dnc.runs import open_run
from optuna_dnc.runs.storage import open_storage

PATIENCE = 10.0
"""Seconds that the first page waits for the first publication."""


def serve_dashboard(
    path: Path,
    *,
    storage: str | None = None,
    host: str = "127.0.0.1",
    port: int = 8080,
    allowed_hosts: Collection[str] = (),
    on_ready: Callable[[str], None] = lambda url: None,
    complain: Callable[[str], None] = lambda problem: None,
) -> None:
    """Publish a search and serve optuna-dashboard until KeyboardInterrupt.

    Args:
        path: The run's folder.
        storage: URL, as given to the search; None for the study.db of the folder.
        host: An address or a name of this machine.
        port: 0 takes any that is free.
        allowed_hosts: Names besides ``host``, those of this machine and IP addresses under which
            browsers reach it, such as that of a proxy. Requests under other names, and from pages
            of other servers, are refused.
        on_ready: Called with the URL as soon as pages are answered.
        complain: Called with a line where publishing meets a problem; it is tried again.

    Raises:
        InputError: There is no search, or the port or host cannot be used. Nothing has been
            written then.
    """
    search = open_run(path, storage)
    # Finished trials are read once, and with a file of the run no commit waits for the disk.
    shared = get_storage(open_storage(storage or search.folder.study))
    server = bind(host, port, allowed_hosts)
    server.set_app(dashboard_app(shared, artifact_store(search)))
    updates = Updates(search, shared, complain)
    try:
        updates.start(PATIENCE)
        on_ready(server.url)
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        updates.stop()
        server.server_close()
