"""Notices trainings that end the whole process, so that no network is tried for ever.

While a network trains, a file in the run's folder names its trial and counts the batches; whatever
Python code ends the training, Ctrl-C too, removes it. If it is still there when the trial is taken
up again, the process has died in between. What it died of is told by

- Python's ``faulthandler``, which writes SIGSEGV, SIGABRT, SIGBUS, SIGFPE and SIGILL to a second
  file, and notes there that somebody asked the process to end (SIGTERM, SIGHUP...),
- the number of processes that the kernel has killed for want of memory since it started.

Nothing tells of SIGKILL and of a power cut. A machine that was started anew since is told by its
boot, and a network that dies by itself by dying twice after the same number of batches.
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

MOST = 2
"""Deaths after which a network is not tried again."""

DEATHS = "deaths"
"""The attribute of a trial that lists how its attempts ended the process."""

_COUNTER = 8
"""Bytes of the file that count the batches."""

_FATAL = re.compile(r"(?:Fatal Python error|Windows fatal exception): (?P<what>.*)")
_FRAME = re.compile(r'File "(?P<file>.*)", line (?P<line>\d+) in (?P<name>.*)')
_REQUESTS = ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGXCPU", "SIGUSR1", "SIGUSR2")

OUT_OF_MEMORY = "out of memory: killed by the system"
UNKNOWN = "killed twice at the same batch without a trace, as by SIGKILL; perhaps out of memory"

Death = Mapping[str, Any]
"""``meaning``, a text or None where it is not known, and ``batch``, how many were trained."""


class Crashed(Exception):  # noqa: N818 - what became of the trial
    """A network that has ended the process before and is not tried again; says what it died of."""


class Attempts:
    """The trainings in a run's folder; only one process at a time may use it."""

    def __init__(self, folder: Path) -> None:
        self._mark = folder / ".attempt"
        self._log = folder / ".attempt.log"

    @contextmanager
    def of(self, trial: optuna.Trial) -> Iterator[Callable[[], None]]:
        """Watch over the training of a trial while the block lasts.

        Yields:
            A function to call after each batch.

        Raises:
            Crashed: The trial has ended the process :data:`MOST` times.
        """
        name = f"{trial.study.study_name}/{trial.number}"
        deaths = _valid(trial.user_attrs.get(DEATHS))
        last = self._last(name, len(deaths))
        if last is not None:
            deaths.append(last)
            trial.set_user_attr(DEATHS, deaths)
        self._clear()
        if (meaning := meaning_of_crash(deaths)) is not None:
            raise Crashed(meaning)
        if last is not None and last["meaning"] is not None:
            warnings.warn(
                f"Trial {name} has ended the process ({last['meaning']}); it is tried once more.",
                stacklevel=2,
            )
        about = _about(name, len(deaths)) | {"oom_kills": _oom_kills()}
        try:
            with (
                self._log.open("xb") as log,
                self._mark.open("x+b", buffering=0) as mark,
                _signals_told(log),
            ):
                mark.write(bytes(_COUNTER) + json.dumps(about).encode())
                with mmap.mmap(mark.fileno(), _COUNTER) as counter:
                    yield partial(_count, counter)
        finally:
            self._clear()

    def _last(self, name: str, n_known: int) -> Death | None:
        """How the last attempt of a trial died; None if it did not, or is known already."""
        try:
            content, log = self._mark.read_bytes(), self._log.read_text(errors="replace")
            about = json.loads(content[_COUNTER:])
            oom_kills = about.pop("oom_kills")
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None  # there was none, or it died before it had begun
        # Another machine, or another boot: it may as well have lost its power.
        if about != _about(name, n_known):
            return None
        fatal = _FATAL.match(log)
        if log and fatal is None:  # it was asked to end
            return None
        meaning = None
        if fatal is not None:
            meaning = fatal["what"].strip().lower() + _place(log)
        elif oom_kills is not None and oom_kills != _oom_kills():
            meaning = OUT_OF_MEMORY
        return {"meaning": meaning, "batch": int.from_bytes(content[:_COUNTER], "little")}

    def _clear(self) -> None:
        for file in (self._mark, self._log):
            with suppress(OSError):
                file.unlink(missing_ok=True)


def meaning_of_crash(deaths: Sequence[Death]) -> str | None:
    """What a network dies of; None as long as somebody else may have ended the process."""
    known = [death["meaning"] for death in deaths if death["meaning"] is not None]
    batches = [death["batch"] for death in deaths[-MOST:]]
    is_same_batch = len(batches) == MOST and len(set(batches)) == 1
    if len(known) >= MOST or is_same_batch:
        return str(known[-1]) if known else UNKNOWN
    return None


def _count(counter: mmap.mmap) -> None:
    """Add 1 to the number in a file, without the time that a write would take each batch."""
    number = int.from_bytes(counter[:], "little") + 1
    counter[:] = number.to_bytes(_COUNTER, "little")


@contextmanager
def _signals_told(log: IO[bytes]) -> Iterator[None]:
    """Let signals that end the process write to a file first, where nobody else handles them."""
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


def _about(name: str, n_known: int) -> dict[str, Any]:
    boot = None
    with suppress(OSError):  # no Linux
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return {"trial": name, "attempt": n_known, "machine": node(), "boot": boot}


def _oom_kills() -> int | None:
    """Processes that the kernel has killed for want of memory since it started."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/vmstat").read_text(encoding="ascii").splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return None


def _place(log: str) -> str:
    frame = _FRAME.search(log)
    return "" if frame is None else f" in {frame['name']}, {frame['file']}:{frame['line']}"


def _valid(stored: object) -> list[Death]:
    """The deaths that a trial lists, as far as they are any."""
    listed = stored if isinstance(stored, list) else []
    return [
        death
        for death in listed
        if isinstance(death, dict) and {"meaning", "batch"} <= death.keys()
    ]
