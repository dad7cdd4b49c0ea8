"""Calls that the workers of an engine run: one step of a search per call."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from pkgutil import resolve_name
from platform import node
from typing import Any, Protocol

from optuna_dnc._errors import InputError, StorageError
from optuna_dnc._interruption import Interrupted, request_interruption
from optuna_dnc._limits import LEAST_SECONDS_LEFT
from optuna_dnc._optuna_log import quiet_optuna
from optuna_dnc.workers.devices import use_worker_limits
from optuna_dnc.workers.drivers import Driver
from optuna_dnc.workers.in_flight import Outcome

IDLE = 60.0
"""Seconds without a call after which a process leaves a search; it joins again when called."""

LOOK = 0.5
"""Seconds between two looks at the driver's wish."""


class Workable(Protocol):
    """A search that this process has joined."""

    def work_once(self) -> Outcome:
        """Take one step."""

    def wait_after(self, outcome: Outcome) -> None:
        """Wait for other workers if only they can continue."""

    def finish(self) -> object:
        """Write the result, when all is done."""


class Joinable(Protocol):
    """A search that this process may join, as :class:`optuna_dnc.search.StagedSearch`."""

    def joined(self) -> AbstractContextManager[Workable]:
        """Join it within the block."""


@dataclass(frozen=True, kw_only=True)
class WorkRequest:
    """A call for one step of a search; picklable, and shown without passwords and data."""

    folder: Path
    driver: Driver
    data: Any = field(default=None, repr=False)
    """Data of the search if they are in memory; None for those that the run has noted."""
    storage: Any = field(default=None, repr=False)
    """Storage of the search or its URL, which may hold a password; None for study.db."""
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Other arguments of :func:`optuna_dnc.search.reopening.search_of_run`."""
    ends: float | None = None
    """When the time of the search is over, by :meth:`Driver.now`; None for no limit. Workers may
    join long after the search has begun."""
    finishes: bool = False
    """Whether to write the result when all is done."""
    opener: str = "optuna_dnc.search.reopening:search_of_run"
    """Name of the function that creates the search."""
    home: tuple[str, int] = field(default_factory=lambda: (node(), os.getpid()))
    """Host and process of the driver."""

    def search(self) -> Joinable:
        """Create the search."""
        create: Callable[..., Joinable] = resolve_name(self.opener)
        options = dict(self.options)
        if self.ends is not None:
            options["timeout"] = max(self.ends - self.driver.now(), LEAST_SECONDS_LEFT)
        return create(self.folder, self.storage, data=self.data, progress=False, **options)

    def is_at_home(self) -> bool:
        """Whether this process is the driver."""
        return self.home == (node(), os.getpid())


def work(request: WorkRequest, number: int) -> Outcome:
    """Take one step of a search, which this process joins at the first call.

    Args:
        request: The search.
        number: Number of the call, so that no two are equal.
    """
    del number
    # Random numbers and threads of torch belong to the process.
    with _one_at_a_time:
        if request.driver.wish() != "work":
            _leave(request.driver)
            return "stopped"
        session = _sessions.get(request.driver) or _join(request)
        session.begin()
        try:
            outcome = session.run.work_once()
            if outcome == "done" and request.finishes:
                session.run.finish()
        except Interrupted:
            outcome = "stopped"
        except BaseException as error:
            _leave(request.driver)
            if type(error) in (InputError, StorageError) or not isinstance(error, InputError):
                raise
            # Others have arguments by which the driver could not create them again.
            raise InputError(str(error)) from error
        finally:
            session.end()
        if outcome == "stopped":
            _leave(request.driver)
    with suppress(Interrupted):  # the next call knows the wish
        session.run.wait_after(outcome)
    return outcome


class _Session:
    """A search that this process has joined for a driver."""

    def __init__(self, request: WorkRequest) -> None:
        self.driver = request.driver
        self.is_at_home = request.is_at_home()
        self._stack = ExitStack()
        self._stack.enter_context(quiet_optuna())
        self.run = self._stack.enter_context(request.search().joined())
        self._idle_since: float | None = time.monotonic()

    def begin(self) -> None:
        self._idle_since = None

    def end(self) -> None:
        self._idle_since = time.monotonic()

    def is_working(self) -> bool:
        """Whether a call is running."""
        return self._idle_since is None

    def is_over(self) -> bool:
        """Whether nobody will call soon."""
        idle = self._idle_since
        is_idle = idle is not None and time.monotonic() - idle > IDLE
        return is_idle or (idle is not None and self.driver.has_ended())

    def close(self) -> None:
        self._stack.close()


_sessions: dict[Driver, _Session] = {}
_one_at_a_time = threading.Lock()
_changing = threading.Lock()
"""Held while a session is removed or interrupted, so that no request outlives its session."""


def _join(request: WorkRequest) -> _Session:
    if not request.is_at_home():
        if threading.current_thread() is threading.main_thread():
            # The terminal sends Ctrl-C to all its processes; the driver passes it on.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        use_worker_limits()
    session = _sessions[request.driver] = _Session(request)
    threading.Thread(target=_watch, args=(session,), daemon=True).start()
    return session


def _leave(driver: Driver) -> None:
    with _changing:
        session = _sessions.pop(driver, None)
        if session is None:
            return
        request_interruption(None)
    session.close()


def _interrupt(session: _Session) -> None:
    with _changing:
        # While it is idle, this process may work for another driver.
        if _sessions.get(session.driver) is session and session.is_working():
            request_interruption()


def _watch(session: _Session) -> None:
    """Pass on the driver's wish while a session lasts, and end it when nobody calls."""
    while _sessions.get(session.driver) is session:
        wish = session.driver.wish()
        if not session.is_at_home and (wish == "stop-at-once" or _is_orphaned()):
            os._exit(128 + signal.SIGINT)
        if wish != "work":
            _interrupt(session)
        if session.is_over() and _one_at_a_time.acquire(blocking=False):
            try:
                _leave(session.driver)
            finally:
                _one_at_a_time.release()
        time.sleep(LOOK)


def _is_orphaned() -> bool:
    """Whether the process that started this one has ended, maybe before this one joined."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return False
    try:
        return not parent.is_alive()
    except ValueError:  # those of joblib cannot tell
        return os.getppid() != parent.pid
