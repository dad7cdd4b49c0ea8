"""Which trial stands for what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from optuna_dnc.objectives import Measurement
from optuna_dnc.runs.ledger import Ledger
from optuna_dnc.runs.records import Record

FULL = Record(
    stage="core-architecture",
    trial_number=0,
    loss=-1.0,
    config={},
    training={},
    description="",
    key="a",
    measured=Measurement(0.1, 0.9, {"n_params": 100, "t_epoch": 0.01}, 9, 9, 0.1, 0.01),
    reused_from=None,
    seconds=9.0,
)


def stopped(number: int, epochs: int, loss: float, **changes: Any) -> Record:
    measured = replace(FULL.measured, epochs_run=epochs, best_epoch=epochs)
    fields = {"key": f"key {number}", "seconds": float(epochs), **changes}
    return replace(FULL, trial_number=number, loss=loss, measured=measured, pruned=True, **fields)


def test_a_network_that_was_stopped_is_never_the_best() -> None:
    ledger = Ledger([stopped(1, 3, -2.0), FULL])
    assert ledger.best == ledger.best_of("core-architecture") == FULL
    assert ledger.leaders(10) == [FULL]
    assert Ledger([stopped(1, 3, -2.0)]).best is None


def test_the_most_promising_was_trained_the_longest_and_is_the_best_of_these() -> None:
    longest = stopped(2, 3, -0.5)
    ledger = Ledger([stopped(1, 1, -2.0), longest, stopped(3, 3, -0.4)])
    assert ledger.most_promising == longest


def test_a_trial_that_is_trained_on_counts_once() -> None:
    ledger = Ledger([stopped(0, 1, -0.1), stopped(0, 3, -0.2)])
    assert [record.measured.epochs_run for record in ledger.records] == [3]
    assert ledger.trained_epochs("core-architecture") == 3


def test_epochs_that_were_taken_over_are_not_counted() -> None:
    taken_over = stopped(1, 9, -1.0, reused_from=FULL.label)
    assert Ledger([FULL, taken_over]).trained_epochs("core-architecture") == 9


def test_what_was_stopped_is_found_where_it_reached_far_enough_or_went_wrong() -> None:
    broken = stopped(2, 1, 0.0, key="b")
    broken = replace(broken, measured=replace(broken.measured, status="diverged"))
    ledger = Ledger([stopped(1, 3, -1.0, key="a"), broken])
    assert ledger.find("a") is None
    assert ledger.find_stopped("a", epochs=3) is not None
    assert ledger.find_stopped("a", epochs=4) is None
    assert ledger.find_stopped("a", besides="core-architecture/1") is None
    assert ledger.find_stopped("b", epochs=9) == broken


def test_the_loss_at_an_epoch_is_the_last_report_up_to_it() -> None:
    record = replace(FULL, curve={1: -0.1, 2: -0.2})
    assert [record.loss_at(epoch) for epoch in (1, 2, 9)] == [-0.1, -0.2, -0.2]
    assert FULL.loss_at(3) == FULL.loss


def tied(number: int, val_loss: float | None, **changes: Any) -> Record:
    """Trial whose loss and error are those of the others."""
    measured = replace(FULL.measured, val_loss=val_loss, **changes)
    return replace(FULL, trial_number=number, key=f"key {number}", measured=measured)


def test_of_equal_losses_the_lower_validation_loss_is_better() -> None:
    unknown, worse, better = tied(0, None), tied(1, 0.5), tied(2, 0.4)
    ledger = Ledger([unknown, worse, better, tied(3, 0.4)])
    assert ledger.best == ledger.best_of("core-architecture") == better
    assert ledger.leaders(4)[:3] == [better, tied(3, 0.4), worse]
    assert Ledger([tied(0, None), tied(1, None)]).best == unknown  # the first, as ever


def test_a_loss_counts_before_the_validation_loss() -> None:
    cheap = replace(tied(1, 9.0), loss=-1.1)
    assert Ledger([tied(0, 0.1), cheap]).best == cheap


def test_a_network_is_better_than_none_whatever_the_losses() -> None:
    none = replace(tied(1, None, best_epoch=0), loss=-5.0)
    assert Ledger([none, FULL]).best == FULL


def trained(number: int, seconds: float, loss: float = -1.0, **changes: Any) -> Record:
    key = f"key {number}"
    return replace(FULL, trial_number=number, key=key, seconds=seconds, loss=loss, **changes)


def test_trials_are_expected_to_take_as_long_as_the_latest_and_the_best() -> None:
    assert Ledger().expected_trial is None
    same = [trained(i, 2.0) for i in range(12)]
    assert Ledger(same).expected_trial == pytest.approx(2.0)
    slower = [*same, *(trained(i, 4.0) for i in range(12, 18))]
    better = [*same, *(trained(i, 4.0, loss=-2.0) for i in range(12, 18))]
    of_latest, of_best = Ledger(slower).expected_trial, Ledger(better).expected_trial
    assert of_latest is not None
    assert of_best is not None
    mean = (12 * 2.0 + 6 * 4.0) / 18
    assert (mean * 2.0) ** 0.5 < of_latest < mean < of_best < 4.0
    reused = [*same, *(trained(i, 0.0, reused_from="x/0") for i in range(12, 18))]
    expected = Ledger(reused).expected_trial
    assert expected is not None
    assert 0.0 < expected < 2.0
    assert Ledger(reused[-1:]).expected_trial == 0.0
