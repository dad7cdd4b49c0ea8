"""Dashboard of a run: optuna-dashboard, with notes and figures published repeatedly."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any

import optuna_dashboard
from optuna.artifacts import FileSystemArtifactStore
from optuna.storages import BaseStorage, get_storage

import optuna_dnc.report.figures.theme  # noqa: F401 - raises a clear error if plotly is missing
from optuna_dnc._errors import InputError
from optuna_dnc._locks import is_claimed
from optuna_dnc.report.dashboard.actions import Actions
from optuna_dnc.report.dashboard.publishing import artifact_store, publish
from optuna_dnc.report.dashboard.publishing_page import FIGURE_PREFIX
from optuna_dnc.report.dashboard.run_app import RunApp
from optuna_dnc.report.dashboard.server import App, bind
from optuna_dnc.report.figure_registry import SEARCH_FIGURES
from optuna_dnc.runs import Run, open_run
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


_PLOT = f"user-defined-plot:{FIGURE_PREFIX}"


def _card_of(name: str) -> str:
    """Return a CSS selector of the cards of figures whose names start with ``name``."""
    return f'main .MuiGrid-root:has(> .MuiCard-root [id^="{_PLOT}{name}"])'


# Class names of Material UI in optuna-dashboard 0.21. If a later version changes them, its pages
# look as they do without this style sheet.
STYLE = f"""
/* Long attributes scroll in their own box instead of widening the page. */
main {{ min-width: 0; }}
/* Generated figures come first, with a padding and their own height. */
{_card_of("")} {{ order: -1; padding: 16px 0 0 16px; }}
[id^="{_PLOT}"] {{ height: auto !important; }}
.MuiCardContent-root table {{ border-collapse: collapse; margin: 1em 0; }}
.MuiCardContent-root :is(td, th) {{ padding: 2px 16px 2px 0; }}
@media (max-width: 700px) {{
  main [class*="MuiGrid-grid-xs-"] {{ flex-basis: 100%; max-width: 100%; width: 100%; }}
  [id^="{_PLOT}"] .modebar {{ display: none; }}
  .MuiCardContent-root :is(td, th) {{ padding-right: 8px; }}
  .MuiCardContent-root:has(> [id^="{_PLOT}"]) {{ padding: 8px; }}
  /* The list of trials is above the trial, not beside it. */
  main .MuiBox-root:has(> .MuiBox-root > ul.MuiList-root) {{ flex-direction: column; }}
  main .MuiBox-root:has(> ul.MuiList-root) {{ width: 100%; max-height: 11rem; }}
}}
""" + "".join(
    f"{_card_of(row.name)} {{ order: {i - len(SEARCH_FIGURES) - 1}; }}\n"
    for i, row in enumerate(SEARCH_FIGURES)
)

LINK = """<a href="/run" style="position: fixed; right: 12px; bottom: 12px; z-index: 2000; padding:
6px 14px; border-radius: 8px; background: #0072b2; color: #fff; font: 600 14px system-ui;
text-decoration: none">Choose a network</a>"""
"""Link to the page of the run, see :mod:`optuna_dnc.report.dashboard.run_app`."""


def dashboard_app(storage: BaseStorage, artifacts: FileSystemArtifactStore) -> App:
    """Return optuna-dashboard, its pages and its API, as a WSGI application."""
    return _styled(optuna_dashboard.wsgi(storage, artifact_store=artifacts))


def _styled(app: App) -> App:
    def styled(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith("/dashboard"):
            return app(environ, start_response)
        started: list[Any] = []
        # Without this header the response is never "not modified", even if only the style changed.
        environ = {k: v for k, v in environ.items() if k != "HTTP_IF_MODIFIED_SINCE"}
        response = app(environ, lambda *arguments: started.extend(arguments))
        body = b"".join(response)
        if hasattr(response, "close"):  # a file
            response.close()
        status, headers = started[:2]
        body = body.replace(b"</head>", f"<style>{STYLE}</style></head>".encode())
        body = body.replace(b"</body>", f"{LINK}</body>".encode())
        kept = [(k, v) for k, v in headers if k.lower() not in ("content-length", "last-modified")]
        start_response(status, [*kept, ("Content-Length", str(len(body)))])
        return [body]

    return styled


PAUSE = 20.0
"""Minimum seconds between two publications."""
LOOK = 1.0
"""Seconds between two checks whether the search has ended."""


class Updates:
    """Thread that publishes a search at the start and whenever there are new trials.

    During the search it publishes what its :class:`Budget` allows, and at the end everything.

    Args:
        search: The search when the dashboard was started.
        storage: Storage from which the search is read again.
        on_problem: Called with a line for each new problem; publishing is retried.
    """

    def __init__(
        self, search: Run, storage: BaseStorage, on_problem: Callable[[str], None]
    ) -> None:
        self._search = search
        self._storage = storage
        self._on_problem = on_problem
        self._problem: str | None = None
        self._budget = Budget()
        self._published: tuple[object, ...] = ()
        self._stopping = threading.Event()
        self._tried = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publishing", daemon=True)

    def start(self, patience: float) -> None:
        """Start, and wait for the first publication for at most ``patience`` seconds."""
        self._thread.start()
        self._tried.wait(patience)

    def stop(self) -> None:
        """Stop after the current publication, if any."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        what = self._affordable(waited=0.0)
        if what is not None:
            self._update(what)
        self._tried.set()
        while (what := self._wait()) is not None:
            self._update(what)

    def _update(self, what: str) -> None:
        """Publish ``notes`` or ``figures`` if anything is new; everything after the end."""
        start = time.perf_counter()
        try:
            search = open_run(self._search.path, self._storage)
            is_running = search.is_live
            what = what if is_running else "figures"
            content = (search.state, what, *_progress(search))
            # A search that was resumed since it was last read has to wait for its budget.
            was_resumed = is_running and not self._search.is_live
            is_new = content != self._published and not was_resumed
            if is_new:
                publish(search, with_figures=what == "figures")
                self._published = content
        except InputError as error:
            if str(error) != self._problem:
                self._on_problem(str(error))
            self._problem = str(error)
            return
        self._problem, self._search = None, search
        if is_running:
            self._budget.spend(what if is_new else None, time.perf_counter() - start)

    def _affordable(self, waited: float) -> str | None:
        """Return what may be published ``waited`` seconds after the search was read."""
        if not self._search.is_live:
            return "figures"
        search_seconds = sum(record.seconds for record in self._search.ledger.records) + waited
        kinds = ("figures", "notes")
        return next((kind for kind in kinds if self._budget.affords(kind, search_seconds)), None)

    def _wait(self) -> str | None:
        """Wait until something may be published and return what; None after :meth:`stop`.

        Reading the search takes time as well, so that the budget decides before reading.
        """
        since = time.monotonic()
        while not self._stopping.wait(LOOK):
            waited = time.monotonic() - since
            was_running = self._problem is None and self._search.is_live
            if was_running and not is_claimed(self._search.path):
                return "figures"
            if waited >= PAUSE and (what := self._affordable(waited)) is not None:
                return what
        return None


def _progress(search: Run) -> tuple[int, int]:
    records = search.ledger.records
    return len(records), sum(record.measured.epochs_run for record in records)


SHARE = 0.0075
"""Fraction of the search time. It leaves a margin to a hundredth for publications that take longer
than expected. Notes without figures may use half of it, so that figures get their turn."""
FIRST = {"notes": 1.0, "figures": 2.0}
"""Expected seconds of the first publication on a machine that is busy with the search; see
benchmarks/report/dashboard_cost.py."""


class Budget:
    """Time spent on publishing, and the expected time of the next publication.

    The next publication is expected to take as long as the last one, but at least :data:`FIRST`,
    because a busy machine may be slow again.
    """

    def __init__(self) -> None:
        self._spent = {"notes": 0.0, "figures": 0.0}
        self._expected = dict(FIRST)

    def affords(self, content: str, search_seconds: float) -> bool:
        """Return whether a publication would stay within the budget.

        Args:
            content: ``notes``, or ``figures``, which include the notes.
            search_seconds: Duration of the search so far.
        """
        allowed, expected = SHARE * search_seconds, self._expected[content]
        if content == "notes" and self._spent["notes"] + expected > allowed / 2:
            return False
        return sum(self._spent.values()) + expected <= allowed

    def spend(self, content: str | None, seconds: float) -> None:
        """Record the duration of a publication, or of a check that found nothing new (None)."""
        self._spent[content or "notes"] += seconds
        if content is not None:
            self._expected[content] = max(seconds, FIRST[content])
