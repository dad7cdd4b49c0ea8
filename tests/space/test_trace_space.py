"""Spaces seen by running a function that takes a trial."""

from __future__ import annotations

import pytest
from optuna import TrialPruned
from optuna.trial import BaseTrial

from optuna_dnc import InputError
from optuna_dnc.space import CallbackTrial, Condition, highest_answer, trace_space


def cnn(trial: BaseTrial) -> None:
    n_layers = trial.suggest_int("n_layers", 4, 16)
    trial.suggest_int("channels", 16, 64)
    for i in range(1, n_layers):
        trial.suggest_float(f"growth_{i}", 1, 2)


def test_every_layer_of_a_deep_network_is_seen() -> None:
    space = trace_space(cnn)
    assert set(space.members("growth")) == set(range(1, 16))
    expected = {f"growth_{i}": Condition(parent="n_layers", above=i + 0.5) for i in range(4, 16)}
    assert space.conditions == expected


def test_rare_branches_are_found() -> None:
    def define(trial: BaseTrial) -> None:
        if trial.suggest_categorical("outer", list(range(100))) != 41:
            return
        if trial.suggest_int("inner", 0, 30) == 17:
            trial.suggest_float("deep", 0, 1)

    space = trace_space(define)
    assert space.conditions["inner"].choices == (41,)
    assert space.conditions["deep"] == Condition(parent="inner", above=16.5, below=17.5)


def test_a_function_that_prunes_or_does_not_suggest_is_no_problem() -> None:
    def define(trial: BaseTrial) -> None:
        trial.suggest_float("x", 0, 1)
        raise TrialPruned

    assert trace_space(define).names == ("x",)
    assert trace_space(lambda trial: None).names == ()


def test_tracing_again_gives_the_same() -> None:
    assert trace_space(cnn, seed=3) == trace_space(cnn, seed=3)


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(InputError, match="define"):
        trace_space({"x": 1})  # type: ignore[arg-type]


def test_highest_answers_give_the_largest_configuration() -> None:
    trial = CallbackTrial(highest_answer)
    cnn(trial)
    assert trial.params == {"n_layers": 16, "channels": 64} | {
        f"growth_{i}": 2 for i in range(1, 16)
    }
    assert trial.suggest_categorical("activation", ["relu", "tanh"]) == "tanh"
    assert trial.suggest_int("one", 5, 5) == 5
    assert trial.suggest_float("step", 0, 1, step=0.25) == 1


def test_a_question_is_answered_once() -> None:
    answers = iter([0.25, 0.75])
    trial = CallbackTrial(lambda name, distribution: next(answers))
    assert trial.suggest_float("x", 0, 1) == trial.suggest_float("x", 0, 1) == 0.25
    trial.report(1.0, step=1)
    assert not trial.should_prune()


def test_an_answer_outside_the_distribution_is_refused() -> None:
    trial = CallbackTrial(lambda name, distribution: "c")
    with pytest.raises(InputError, match="'c'"):
        trial.suggest_categorical("x", ["a", "b"])
    assert trial.distributions == {}
