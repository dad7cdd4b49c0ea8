"""One thread a test process: several test processes share the cores."""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import random

import numpy as np
import pytest
import torch
from hypothesis import settings

pytest_plugins = ["tests.searches"]

# No deadlines: other processes may hold the cores. For other cases in every run:
# pytest --hypothesis-profile=other
settings.register_profile("other", deadline=None)
settings.register_profile("the same cases in every run", deadline=None, derandomize=True)
settings.load_profile("the same cases in every run")


@pytest.fixture(autouse=True)
def the_same_random_numbers_in_every_run():
    """What fails once fails again, and says why."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
