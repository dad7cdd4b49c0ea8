"""Linear algebra on one thread, for as long as anybody is inside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np
import optuna
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from optuna_dnc import DNCSampler
from optuna_dnc.gp.one_thread import one_thread
from optuna_dnc.gp.surrogate import Surrogate


def n_threads() -> set[int]:
    return {lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def _two_threads() -> Iterator[None]:
    with threadpool_limits(2, user_api="blas"):
        yield


def test_one_inside_and_as_before_outside() -> None:
    with one_thread():
        assert n_threads() == {1}
    assert n_threads() == {2}


def test_an_error_puts_it_back() -> None:
    with pytest.raises(ZeroDivisionError), one_thread():
        raise ZeroDivisionError
    assert n_threads() == {2}


def test_the_last_to_leave_puts_it_back() -> None:
    # Two threads may overlap like this; a limit in each of them would leave the process at one.
    first, second = ExitStack(), ExitStack()
    first.enter_context(one_thread())
    second.enter_context(one_thread())
    first.close()
    assert n_threads() == {1}
    second.close()
    assert n_threads() == {2}


def test_the_sampler_proposes_on_one(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[int] = set()
    predict = Surrogate.predict

    def spying(self: Surrogate, *points: object) -> tuple[np.ndarray, np.ndarray]:
        seen.update(n_threads())
        return predict(self, *points)  # type: ignore[arg-type]

    monkeypatch.setattr(Surrogate, "predict", spying)
    study = optuna.create_study(sampler=DNCSampler(seed=0, n_startup_trials=2))
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=4)
    assert seen == {1}
    assert n_threads() == {2}
