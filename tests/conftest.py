"""One thread a test process: several test processes share the cores."""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import gc
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# No deadlines: other processes may hold the cores. For other cases in every run:
# pytest --hypothesis-profile=other
settings.register_profile("other", deadline=None)
settings.register_profile("the same cases in every run", deadline=None, derandomize=True)
settings.load_profile("the same cases in every run")

MEMORY = Path("/dev/shm")
"""File system in memory of Linux, for the files of tests."""

LEAST_MEMORY = 4 << 30
"""Bytes that must be free in it; containers often have 64 MB."""

_FOLDER = pytest.StashKey[str]()
"""Folder in memory that this process has made, for itself and the processes that it starts."""

PLUGINS = ("tests.every_test", "tests.searches", "tests.servers")
pytest.register_assert_rewrite(*PLUGINS)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose where tests write files, and import what they use.

    A process that only hands tests out to others imports nothing: the others wait for it, and it
    would import torch for nothing.
    """
    if "TMPDIR" not in os.environ and _has_memory():
        folder = tempfile.mkdtemp(prefix="optuna_dnc-", dir=MEMORY)
        Path(folder).chmod(0o1777)  # servers of databases run as other users
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        config.stash[_FOLDER] = folder
    if config.getoption("dist", "no") == "no":
        for name in PLUGINS:
            config.pluginmanager.import_plugin(name)


def _has_memory() -> bool:
    """Return whether tests can write to memory: some disks take 2 ms to delete a file."""
    is_there = os.access(MEMORY, os.W_OK | os.X_OK)
    return is_there and shutil.disk_usage(MEMORY).free >= LEAST_MEMORY


def pytest_unconfigure(config: pytest.Config) -> None:
    """Free the memory. To keep the files of tests, set TMPDIR to a folder."""
    if _FOLDER in config.stash:
        shutil.rmtree(config.stash[_FOLDER], ignore_errors=True)


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
