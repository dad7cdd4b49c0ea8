"""One thread a test process: several test processes share the cores."""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import random

import numpy as np
import pytest
import torch


@pytest.fixture(autouse=True)
def the_same_random_numbers_in_every_run():
    """A test that fails by chance would fail once in many runs and say nothing."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
