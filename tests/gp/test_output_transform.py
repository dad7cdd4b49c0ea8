"""What losses become before they are modelled."""

from __future__ import annotations

import numpy as np
import pytest

from optuna_dnc.gp.output_transform import OutputTransform

RNG = np.random.default_rng(0)
LOSSES = {
    "normal": RNG.standard_normal(40),
    "heavy": np.exp(3 * RNG.standard_normal(40)),
    "huge": 1e300 * RNG.standard_normal(40),
    "tiny": 1e-300 * RNG.random(40),
    "mostly equal": np.r_[np.zeros(30), 1.0, 2.0],
    "far off": 1e6 + 1e-3 * RNG.standard_normal(40),
}


@pytest.mark.parametrize("losses", LOSSES.values(), ids=LOSSES.keys())
def test_order_stays_and_undo_undoes(losses: np.ndarray) -> None:
    transform = OutputTransform.fit(losses)
    y = transform.apply(losses)
    assert np.all(np.isfinite(y))
    assert abs(y.mean()) < 1e-9
    assert y.std() == pytest.approx(1)
    assert np.all(np.diff(y[np.argsort(losses)]) >= 0)
    np.testing.assert_allclose(transform.undo(y), losses, rtol=1e-6, atol=1e-9 * np.ptp(losses))


def test_heavy_tails_are_compressed_and_others_left_alone() -> None:
    assert OutputTransform.fit(LOSSES["heavy"]).power == 0
    assert OutputTransform.fit(RNG.random(200)).power > 0.5


def test_the_unit_does_not_matter() -> None:
    plain = OutputTransform.fit(LOSSES["heavy"]).apply(LOSSES["heavy"])
    other = 1000 * LOSSES["heavy"] - 7
    np.testing.assert_allclose(OutputTransform.fit(other).apply(other), plain, atol=1e-9)


def test_equal_losses_become_zero() -> None:
    assert OutputTransform.fit(np.full(5, 3.0)).apply(np.full(5, 3.0)).tolist() == [0.0] * 5
