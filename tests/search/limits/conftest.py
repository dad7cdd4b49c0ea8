"""A clock for tests of time limits."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from optuna_dnc.search.limits import pace, time_limit


@pytest.fixture
def time_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No limit ends while a loaded machine is slow."""
    monkeypatch.setattr(time_limit, "time", SimpleNamespace(monotonic=lambda: 0.0))
    for module in (time_limit, pace):
        monkeypatch.setattr(module, "slowdown_since", lambda start: 1.0)
