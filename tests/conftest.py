"""One thread a test process: several test processes share the cores."""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import gc

import pytest
from hypothesis import settings

# No deadlines: other processes may hold the cores. For other cases in every run:
# pytest --hypothesis-profile=other
settings.register_profile("other", deadline=None)
settings.register_profile("the same cases in every run", deadline=None, derandomize=True)
settings.load_profile("the same cases in every run")

PLUGINS = ("tests.every_test", "tests.searches", "tests.servers")
pytest.register_assert_rewrite(*PLUGINS)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Import what tests use, but not in a process that only hands them out to others.

    These wait for it, and it would import torch for nothing.
    """
    if config.getoption("dist", "no") == "no":
        for name in PLUGINS:
            config.pluginmanager.import_plugin(name)


def pytest_collection() -> None:
    """Nothing of what is imported and collected is garbage; looks for it take a fifth of it."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What is imported and collected by now stays: a look for garbage in it takes 0.3 s.

    A search makes little garbage in cycles, and a look for it after every 700 objects takes a
    twentieth of its time.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()
