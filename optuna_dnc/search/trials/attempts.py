"""Detection of networks that crash the process, so that none is retried forever.

While a network trains, a file in the run's folder names its trial and counts its batches. Python
code that ends the training, also Ctrl-C, removes the file. If it is still there when the trial is
resumed, the process has died in between. The cause is known from

- Python's ``faulthandler``, which writes SIGSEGV, SIGABRT, SIGBUS, SIGFPE and SIGILL to a second
  file, and there also notes requests to end the process (SIGTERM, SIGHUP...),
- the number of processes that the kernel has killed for lack of memory since the boot.

The same holds for trainings that belong to no trial, such as the last one of a search, and for the
measurement of costs before a training. The crashes of a trial are kept in its attributes, those of
other trainings in a third file.

An error that a network raises in one of several workers counts as a crash, too: the others would
end by it one after the other. Where a search has one process alone, it ends, and the trial waits
until the cause has been removed.

SIGKILL and a power failure leave no trace. A reboot is recognized by the boot's id, and a network
that crashes by itself because it does so twice after the same number of batches.
"""

from __future__ import annotations

import faulthandler
import json
import mmap
import re
import signal
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from platform import node
from typing import IO, Any

import optuna

from optuna_dnc._errors import InputError, brief
from optuna_dnc._files import parse_json, read_json, write_json

MOST = 2
"""Number of crashes after which a network is given up."""

CRASHES = "deaths"
"""Attribute of a trial with the crashes of its attempts."""

_COUNTER = 8
"""Bytes of the file that hold the number of batches."""

_FATAL = re.compile(r"(?:Fatal Python error|Windows fatal exception): (?P<what>.*)")
_FRAME = re.compile(r'File "(?P<file>.*)", line (?P<line>\d+) in (?P<name>.*)')
_REQUESTS = ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGXCPU", "SIGUSR1", "SIGUSR2")

OUT_OF_MEMORY = "out of memory: killed by the system"
UNKNOWN = "killed twice at the same batch without a trace, as by SIGKILL; perhaps out of memory"

CrashRecord = Mapping[str, Any]
"""A crash: ``meaning``, its cause or None if unknown, and ``batch``, the number of batches, None
after an error."""


class Crashed(Exception):  # noqa: N818 - an outcome of the trial
    """A network is given up because it crashed the process before; the message is the cause."""


def note_error(trial: optuna.Trial, error: Exception) -> None:
    """Record an error that a network has raised among the crashes of its trial."""
    crash = {"meaning": brief(error), "batch": None}
    trial.set_user_attr(CRASHES, [*_valid(trial.user_attrs.get(CRASHES)), crash])


class Attempts:
    """Trainings of a network, of which one process at a time may do one.

    Args:
        folder: Folder for the files of workers.
        name: Name of the training within the run.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._mark = folder / f"{name}.attempt"
        self._log = folder / f"{name}.log"
        self._crashes = folder / f"{name}.crashes"

    @classmethod
    def of_trial(cls, folder: Path, trial: optuna.Trial) -> Attempts:
        """Create it for the trainings of a trial, whose name in its storage names the files."""
        return cls(folder, f"{trial.study.study_name.rpartition('/')[2]}-{trial.number}")

    @contextmanager
    def of(self, trial: optuna.Trial) -> Iterator[Callable[[], None]]:
        """Record that a trial is being trained within the block.

        Yields:
            A function to call after each batch.

        Raises:
            Crashed: The trial has crashed the process :data:`MOST` times.
        """
        name = f"{trial.study.study_name}/{trial.number}"
        known = _valid(trial.user_attrs.get(CRASHES))
        with self._counted(
            name, f"Trial {name}", known, partial(trial.set_user_attr, CRASHES)
        ) as count:
            yield count

    @contextmanager
    def of_training(self, what: str) -> Iterator[Callable[[], None]]:
        """Record a training that belongs to no trial within the block.

        Args:
            what: The training, as the subject of a sentence.

        Yields:
            A function to call after each batch.

        Raises:
            Crashed: It has crashed the process :data:`MOST` times.
        """
        known: list[CrashRecord] = []
        with suppress(InputError):
            known = _valid(read_json(self._crashes).get(CRASHES))

        def keep(crashes: list[CrashRecord]) -> None:
            write_json(self._crashes, {CRASHES: crashes})

        with self._counted(self._mark.stem, what, known, keep) as count:
            yield count
        with suppress(OSError):
            self._crashes.unlink(missing_ok=True)

    @contextmanager
    def _counted(
        self,
        name: str,
        what: str,
        crashes: list[CrashRecord],
        keep: Callable[[list[CrashRecord]], None],
    ) -> Iterator[Callable[[], None]]:
        """Record an attempt within the block.

        Args:
            name: Name by which the next attempt knows it.
            what: The training, as the subject of a sentence.
            crashes: Known crashes of earlier attempts.
            keep: Stores them with another one.
        """
        last = self._last(name, len(crashes))
        if last is not None:
            crashes = [*crashes, last]
            keep(crashes)
        self._clear()
        if (meaning := meaning_of_crash(crashes)) is not None:
            raise Crashed(meaning)
        if last is not None and last["meaning"] is not None:
            warnings.warn(
                f"{what} crashed the process ({last['meaning']}); it is repeated once.",
                stacklevel=2,
            )
        owner = _owner(name, len(crashes)) | {"oom_kills": _oom_kills()}
        try:
            with (
                self._log.open("xb") as log,
                self._mark.open("x+b", buffering=0) as mark,
                _signals_logged(log),
            ):
                mark.write(bytes(_COUNTER) + json.dumps(owner).encode())
                with mmap.mmap(mark.fileno(), _COUNTER) as counter:
                    yield partial(_count, counter)
        finally:
            self._clear()

    def _last(self, name: str, n_known: int) -> CrashRecord | None:
        """Return the crash of the last attempt; None if there was none, or it is known."""
        try:
            content, log = self._mark.read_bytes(), self._log.read_text(errors="replace")
            owner = parse_json(content[_COUNTER:])
            oom_kills = owner.pop("oom_kills")
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None  # no attempt, or it died before it began
        # Another machine or boot: it may have been a power failure.
        if owner != _owner(name, n_known):
            return None
        fatal = _FATAL.match(log)
        if log and fatal is None:  # a request to end
            return None
        meaning = None
        if fatal is not None:
            meaning = fatal["what"].strip().lower() + _location(log)
        elif oom_kills is not None and oom_kills != _oom_kills():
            meaning = OUT_OF_MEMORY
        return {"meaning": meaning, "batch": int.from_bytes(content[:_COUNTER], "little")}

    def _clear(self) -> None:
        for file in (self._mark, self._log):
            with suppress(OSError):
                file.unlink(missing_ok=True)


def meaning_of_crash(crashes: Sequence[CrashRecord]) -> str | None:
    """Return why a network crashes; None as long as something else may have ended the process."""
    known = [crash["meaning"] for crash in crashes if crash["meaning"] is not None]
    batches = [crash["batch"] for crash in crashes[-MOST:]]
    is_same_batch = len(batches) == MOST and len(set(batches)) == 1
    if len(known) >= MOST or is_same_batch:
        return str(known[-1]) if known else UNKNOWN
    return None


def _count(counter: mmap.mmap) -> None:
    """Add 1 to the number in a mapped file; a write per batch would take longer."""
    number = int.from_bytes(counter[:], "little") + 1
    counter[:] = number.to_bytes(_COUNTER, "little")


@contextmanager
def _signals_logged(log: IO[bytes]) -> Iterator[None]:
    """Let fatal signals that nothing else handles write to a file first."""
    is_ours = not faulthandler.is_enabled()
    if is_ours:
        faulthandler.enable(log, all_threads=False)
    requests = [
        number
        for number in (getattr(signal, name, None) for name in _REQUESTS)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL
    ]
    if hasattr(faulthandler, "register"):  # not on Windows
        for number in requests:
            faulthandler.register(number, log, all_threads=False, chain=True)
    try:
        yield
    finally:
        if hasattr(faulthandler, "unregister"):
            for number in requests:
                faulthandler.unregister(number)
        if is_ours:
            faulthandler.disable()


def _owner(name: str, n_known: int) -> dict[str, Any]:
    boot = None
    with suppress(OSError):  # no Linux
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return {"trial": name, "attempt": n_known, "machine": node(), "boot": boot}


def _oom_kills() -> int | None:
    """Return how many processes the kernel has killed for lack of memory since the boot."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/vmstat").read_text(encoding="ascii").splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return None


def _location(log: str) -> str:
    frame = _FRAME.search(log)
    return "" if frame is None else f" in {frame['name']}, {frame['file']}:{frame['line']}"


def _valid(stored: object) -> list[CrashRecord]:
    """Return the valid crashes of a stored list."""
    listed = stored if isinstance(stored, list) else []
    return [
        crash
        for crash in listed
        if isinstance(crash, dict) and {"meaning", "batch"} <= crash.keys()
    ]
