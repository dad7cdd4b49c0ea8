"""Orders of suggestion that are guessed because no trial has noted them."""

from __future__ import annotations

from optuna.distributions import FloatDistribution
from optuna.trial import FrozenTrial, create_trial

from optuna_dnc.samplers.dnc.suggest_order import NOTE, SuggestOrders


def trial(number: int, *names: str, noted: bool = False) -> FrozenTrial:
    made = create_trial(
        params=dict.fromkeys(names, 0.5),
        distributions=dict.fromkeys(names, FloatDistribution(0, 1)),
        value=0.0,
        system_attrs={NOTE: [*names]} if noted else {},
    )
    made.number = number
    return made


def test_a_guess_counts_all_trials_whether_learned_one_by_one_or_at_once() -> None:
    trials = [trial(0, "a", "b", noted=True), trial(1, "a")]
    trials += [trial(number, "b") for number in range(2, 5)]
    at_once, one_by_one = SuggestOrders(), SuggestOrders()
    at_once.learn(trials)
    for one in trials:
        one_by_one.learn([one])
    running = trial(5, "q", "a", "b")
    assert at_once.names(running) == one_by_one.names(running) == ("b", "a", "q")


def test_a_trial_that_notes_its_order_later_no_longer_counts() -> None:
    orders = SuggestOrders()
    orders.learn([trial(0, "a"), trial(1, "b"), trial(2, "b")])
    assert orders.names(trial(3, "a", "b", "q")) == ("b", "a", "q")
    orders.learn([trial(1, "b", noted=True), trial(2, "b", noted=True)])
    assert orders.names(trial(3, "a", "b", "q")) == ("a", "b", "q")
