"""All suites by name."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from benchmarks.multifidelity.suites import counting_ones, networks
from benchmarks.multifidelity.suites.problem import Problem

COUNTING_ONES = {"counting_ones_8": 8, "counting_ones_16": 16}
SUITES = (*COUNTING_ONES, *networks.SOURCES)


@lru_cache(maxsize=len(SUITES))
def problem_of(suite: str, data: Path) -> Problem:
    """Return the problem of a suite.

    Args:
        suite: One of :data:`SUITES`.
        data: Folder of the data sets.
    """
    if suite in COUNTING_ONES:
        return counting_ones.problem(suite, COUNTING_ONES[suite])
    return networks.problem(suite, data)
