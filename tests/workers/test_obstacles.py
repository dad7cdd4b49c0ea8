"""What keeps all workers of an engine from taking calls is told."""

from __future__ import annotations

import warnings

import pytest

from optuna_dnc.workers import engines
from optuna_dnc.workers.engines import Obstacles


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "SECONDS_BETWEEN", 0.0)


class Engine:
    """An engine that answers in turn."""

    def __init__(self, *answers: str | None) -> None:
        self._answers = iter(answers)

    def obstacle(self) -> str | None:
        return next(self._answers)


def told(engine: object, looks: int) -> list[str]:
    watched = Obstacles(engine)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(looks):
            watched.look()
    return [str(warning.message) for warning in caught]


def test_an_obstacle_that_stays_is_told_once() -> None:
    assert told(Engine("full", "full", "full"), 3) == ["full"]


def test_one_that_passes_is_not_told() -> None:
    assert told(Engine("full", None, "full", None), 4) == []


def test_engines_that_do_not_know_are_not_asked() -> None:
    assert told(object(), 2) == []
