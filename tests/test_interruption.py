"""A signal that asks to stop does so, also where what its handler raises is lost."""

from __future__ import annotations

import os
import signal
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from optuna_dnc._interruption import Interrupted, check_interrupted, interruptible
from optuna_dnc.cli import main
from optuna_dnc.report.dashboard.server import bind
from optuna_dnc.training import Epoch, trainer

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class _Thing:
    def __init__(self, at_end: Callable[[], None] = lambda: None) -> None:
        self._at_end = at_end

    def __del__(self) -> None:
        self._at_end()


def in_weakref_callback(number: int) -> None:
    thing = _Thing()
    reference = weakref.ref(thing, lambda _: os.kill(os.getpid(), number))
    del thing
    assert reference() is None


def in_finalizer(number: int) -> None:
    _Thing(lambda: os.kill(os.getpid(), number))


LOST = (in_weakref_callback, in_finalizer)


@pytest.fixture(autouse=True)
def _python_handles_ctrl_c() -> Iterator[None]:
    # Background jobs of a shell ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("lose", LOST)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_that_was_lost_is_raised_where_it_is_looked_for(
    lose: Callable[[int], None], number: int
) -> None:
    with interruptible():
        check_interrupted()
        lose(number)
        with pytest.raises(Interrupted) as stop:
            check_interrupted()
    assert stop.value.number == number
    check_interrupted()


@pytest.mark.parametrize("lose", LOST)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_search_ends_at_the_next_epoch(
    lose: Callable[[int], None],
    number: int,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    epoch = trainer.Trainer.epoch
    n_trained = 0

    def losing(self: trainer.Trainer, done: int) -> Epoch:
        nonlocal n_trained
        n_trained += 1
        if n_trained == 2:
            lose(number)
        return epoch(self, done)

    monkeypatch.setattr(trainer.Trainer, "epoch", losing)
    arguments = ["search", "digits", "--network", "mlp", "--epochs", "4", "--max-train", "100"]
    with pytest.raises(SystemExit) as stop:
        main([*arguments, "--out", str(tmp_path / "run"), "--device", "cpu", "--quiet"])
    assert (stop.value.code, n_trained) == (code, 2)
    assert "the same command goes on from here" in capsys.readouterr().err


def test_a_dashboard_ends_with_its_next_request_or_pause() -> None:
    with bind("127.0.0.1", 0) as server, interruptible():
        in_finalizer(signal.SIGTERM)
        # Ends a server that does not look.
        rescue = threading.Timer(10, server.shutdown)
        rescue.start()
        with pytest.raises(Interrupted):
            server.serve_forever(0.01)
        rescue.cancel()


def test_handlers_are_put_back_and_ignored_signals_stay_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    before = signal.getsignal(signal.SIGTERM)
    with interruptible():
        os.kill(os.getpid(), signal.SIGINT)
        check_interrupted()
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
