"""The points of the start-up."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import sobol_seq
from scipy.stats import qmc

from optuna_dnc import InputError
from optuna_dnc.samplers import sobol_point


def test_is_the_sequence_of_sobol_seq_from_its_second_point_on() -> None:
    expected = sobol_seq.i4_sobol_generate(7, 40)
    assert expected[0].tolist() == [0.5] * 7
    points = [sobol_point(index, 7) for index in range(1, 41)]
    np.testing.assert_array_equal(points, expected)


def test_points_may_be_asked_for_in_any_order() -> None:
    ahead = sobol_point(900, 3)
    sobol_seq.i4_sobol(5, 3)  # somebody else moves the module's globals
    behind = sobol_point(17, 3)
    expected = sobol_seq.i4_sobol_generate(3, 900)
    np.testing.assert_array_equal([behind, ahead], expected[[16, 899]])


def test_beyond_forty_dimensions_scipy_continues() -> None:
    engine = qmc.Sobol(100, scramble=False)
    expected = engine.random(16)[1:]
    points = np.array([sobol_point(index, 100) for index in range(1, 16)])
    np.testing.assert_array_equal(points[:, 40:], expected[:, 40:])
    np.testing.assert_array_equal(points[:, :40], sobol_seq.i4_sobol_generate(40, 15))


@pytest.mark.parametrize("dimension", [1, 3, 40, 41, 64, 70])
def test_a_coordinate_does_not_depend_on_how_many_follow(dimension: int) -> None:
    np.testing.assert_array_equal(sobol_point(11, dimension), sobol_point(11, 90)[:dimension])


def test_every_half_quarter_and_eighth_is_hit_equally() -> None:
    points = np.array([sobol_point(index, 50) for index in range(32, 64)])
    for column in points.T:
        assert np.bincount((column * 8).astype(int)).tolist() == [4] * 8


def test_threads_do_not_disturb_each_other() -> None:
    expected = sobol_seq.i4_sobol_generate(5, 100)
    order = np.random.default_rng(0).permutation(100)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            points = list(pool.map(lambda index: sobol_point(int(index) + 1, 5), order))
    finally:
        sys.setswitchinterval(interval)
    np.testing.assert_array_equal(points, expected[order])


def test_bad_arguments_are_named() -> None:
    with pytest.raises(InputError, match="index"):
        sobol_point(0, 3)
    with pytest.raises(InputError, match="dimension"):
        sobol_point(1, 0)
