"""Calls of a function kept in flight on any executor until there is nothing left to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from dataclasses import dataclass
from typing import Literal, TypeAlias

from optuna_dnc._errors import InputError
from optuna_dnc._interruption import check_interrupted
from optuna_dnc.workers.renewable_executors import RenewableExecutor, breaks_executor

Outcome: TypeAlias = Literal["trained", "wait", "done", "stopped"]
"""What a call has done: a piece of work; nothing, since others must end first; nothing, since all
is done; nothing, since the driver has stopped it."""

MOST_DEATHS = 10
"""Deaths of workers in a row, without a piece of work done in between, after which to give up.

A network that crashes its process is given up after two.
"""

TICK = 0.5
"""Seconds between two looks at the whole."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.02, 0.1
"""Seconds before a call that had to wait is repeated; doubled each time. The call itself is to
wait as long as nothing can have changed."""


@dataclass
class _Slot:
    """One of the calls that are kept in flight."""

    future: Future[Outcome] | None = None
    generation: int = 0
    """Which executor has the call, if broken ones were replaced."""
    due: float = 0.0
    pause: float = 0.0


class InFlight:
    """Keeps calls of a function in flight until each has answered that all is done.

    A call is repeated after a piece of work at once; after ``wait`` with a pause that grows from
    0.02 to 0.1 seconds; and after the death of its worker. An executor that breaks as a whole when
    a worker dies, as process pools do, is created anew if that is possible.

    Ctrl-C is passed on: the first one asks the workers to stop and waits for them, a second one
    asks them to stop at once.

    Args:
        call: The function; gets a number that no other call gets, since some engines answer equal
            calls once. Must be picklable where workers are processes.
        n: Number of calls in flight.
        executor: Executor of any engine, or a function that creates one, which then lasts as long
            as the calls.
        on_tick: Called about twice a second.
        on_stop: Asks the workers to stop; called with whether they should do so at once.
    """

    def __init__(
        self,
        call: Callable[[int], Outcome],
        n: int,
        executor: Executor | Callable[[], Executor],
        *,
        on_tick: Callable[[], None] = lambda: None,
        on_stop: Callable[[bool], None] = lambda at_once: None,
    ) -> None:
        self._call = call
        self._is_given = isinstance(executor, Executor)
        self._executor = (
            executor if isinstance(executor, Executor) else RenewableExecutor(executor)
        )
        self._slots = [_Slot() for _ in range(n)]
        self._n_calls = 0
        self._n_deaths = 0
        self._ticked = -TICK
        self._on_tick, self._on_stop = on_tick, on_stop

    def run(self) -> None:
        """Call until all is done.

        Raises:
            InputError: Too many workers died, or the executor broke and cannot be created anew.
            KeyboardInterrupt: The user has interrupted it.
        """
        try:
            while self._slots:
                check_interrupted()
                self._submit_due()
                self._collect()
                self._tick()
        except BaseException:
            self._stop()
            raise
        finally:
            if not self._is_given:
                self._executor.shutdown(wait=False)

    def _submit_due(self) -> None:
        now = time.monotonic()
        for slot in self._slots:
            if slot.future is None and slot.due <= now:
                try:
                    self._submit(slot)
                except Exception as error:
                    if not breaks_executor(error):
                        raise
                    self._replace_executor(error)
                    self._submit(slot)

    def _submit(self, slot: _Slot) -> None:
        self._n_calls += 1
        slot.generation = self._generation
        slot.future = self._executor.submit(self._call, self._n_calls)

    def _collect(self) -> None:
        running = {slot.future: slot for slot in self._slots if slot.future is not None}
        now = time.monotonic()
        due = [slot.due for slot in self._slots if slot.future is None]
        patience = max(min([now + TICK, *due]) - now, 0.0)
        if not running:
            time.sleep(patience)
            return
        for future in wait(running, patience, FIRST_COMPLETED).done:
            slot = running[future]
            slot.future = None
            self._settle(slot, future)

    def _settle(self, slot: _Slot, future: Future[Outcome]) -> None:
        error = None
        if future.cancelled():
            cause: str | None = "its call was cancelled"
        else:
            error = future.exception()
            cause = None if error is None else cause_of_death(error)
        if cause is not None:
            self._survive(slot, cause, error)
        elif error is not None:
            raise error
        elif (outcome := future.result()) == "wait":
            slot.pause = min(max(2 * slot.pause, SHORTEST_PAUSE), LONGEST_PAUSE)
            slot.due = time.monotonic() + slot.pause
        elif outcome == "trained":
            slot.pause = slot.due = 0.0
            self._n_deaths = 0
        else:
            self._slots.remove(slot)

    def _survive(self, slot: _Slot, cause: str, error: BaseException | None) -> None:
        """Have the call of a worker that has died repeated."""
        is_known = slot.generation < self._generation  # others broke with the same executor
        if is_known:
            return
        self._n_deaths += 1
        if self._n_deaths > MOST_DEATHS:
            raise InputError(
                f"workers: {self._n_deaths} workers died in a row before any had trained a "
                f"network (the last one: {cause}); look at their logs and memory, then run the "
                "same search again to resume."
            ) from error
        if error is not None and breaks_executor(error):
            self._replace_executor(error)

    @property
    def _generation(self) -> int:
        """How many executors have broken so far."""
        executor = self._executor
        return executor.generation if isinstance(executor, RenewableExecutor) else 0

    def _replace_executor(self, error: BaseException) -> None:
        if not isinstance(self._executor, RenewableExecutor):
            raise InputError(
                f"executor: {type(self._executor).__name__} broke when one of its workers died; "
                "give a function that creates it, as in executor=lambda: ProcessPoolExecutor(4), "
                "or run the same search again to resume."
            ) from error
        self._executor.renew()

    def _tick(self) -> None:
        if time.monotonic() - self._ticked >= TICK:
            self._on_tick()
            self._ticked = time.monotonic()

    def _stop(self) -> None:
        """Ask the workers to stop, and wait for them; a Ctrl-C ends that."""
        try:
            self._on_stop(False)
            while running := {
                slot.future
                for slot in self._slots
                if slot.future is not None and not slot.future.done()
            }:
                wait(running, TICK)
        except KeyboardInterrupt:
            self._on_stop(True)
            raise


_DEATHS = ("KilledWorker", "WorkerLost", "ManagerLost", "FutureCancelledError")
"""Names of errors of Dask and Parsl, which need not be installed."""


def cause_of_death(error: BaseException) -> str | None:
    """Return the error that reports a worker's death in short; None for any other error."""
    names = [kind.__name__ for kind in type(error).__mro__]
    if isinstance(error, BrokenExecutor | CancelledError) or any(n in _DEATHS for n in names):
        return names[0]
    return None
