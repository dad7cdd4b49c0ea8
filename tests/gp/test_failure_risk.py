"""The risk that a trial may take."""

from __future__ import annotations

import numpy as np

from optuna_dnc.gp.failure_risk import allowed_risk


def test_hardly_any_study_fails_much_more_often_than_others() -> None:
    """Also if each trial takes all of the risk that it may."""
    rng = np.random.default_rng(0)
    failed = rng.random((500, 60)) < 0.5  # in the start-up every other one
    for trial in range(15, 60):
        shares = failed[:, max(trial - 20, 0) : trial].mean(axis=1)
        risks = np.array([allowed_risk(share) for share in shares.tolist()])
        failed[:, trial] = rng.random(len(failed)) < risks
    counts = failed[:, -30:].sum(axis=1)
    assert np.mean(counts > 6) < 0.05
    assert np.mean(counts) > 3


def test_trials_are_bold_or_safe() -> None:
    risks = np.array([allowed_risk(share) for share in np.arange(0.0, 0.35, 0.05).tolist()])
    assert np.all(np.diff(risks) <= 0)
    assert risks[1] > 0.5
    assert risks[4] < 0.05
