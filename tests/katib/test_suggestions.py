"""Suggestions from the content of a request: its trials, settings and parameters."""

from __future__ import annotations

from typing import Any

import optuna
import pytest

pytest.importorskip("google.protobuf")

from optuna_dnc import DNCSampler, InputError
from optuna_dnc.katib import suggest, validate
from optuna_dnc.katib.feasible_space import read_parameters
from optuna_dnc.katib.server import as_dict, as_message
from optuna_dnc.katib.suggestions import NUMBER_LABEL, frozen_trial, numbered
from tests.katib.experiments import experiment, parameter, request, trial

GOOD = {"lr": "0.01", "momentum": "0.3", "layers": "3", "batch": "32", "optimizer": "adam"}


def answer(values: dict[str, Any]) -> list[dict[str, Any]]:
    """The assignments that a request gets, which goes through its message as over the wire."""
    sent = as_dict(as_message("GetSuggestionsRequest", values))
    return list(suggest(sent)["parameter_assignments"])


def trials_of(messages: list[dict[str, Any]], n_begun: int = 0) -> list[optuna.trial.FrozenTrial]:
    sent = as_dict(as_message("GetSuggestionsRequest", request(experiment(), messages, 0)))
    parameters = read_parameters(sent["experiment"]["spec"]["parameter_specs"]["parameters"])
    return [frozen_trial(t, parameters, "loss") for t in numbered(sent["trials"], n_begun)]


def ended(n: int) -> list[dict[str, Any]]:
    """Trials with different losses, each with the label of its number."""
    return [
        trial(
            {**GOOD, "lr": str(0.001 * (k + 1)), "layers": str(1 + k % 5)},
            "SUCCEEDED",
            0.1 * k,
            name=f"t{k}",
            labels={NUMBER_LABEL: str(k)},
        )
        for k in range(n)
    ]


@pytest.mark.parametrize("n_trials", [0, 12])
def test_the_same_request_gets_the_same_answer(n_trials: int) -> None:
    asked = request(experiment(seed="3"), ended(n_trials), 3, n_trials + 3)
    first = answer(asked)
    assert len(first) == 3
    assert answer({**asked, "trials": asked["trials"][::-1]}) == first
    assert answer({**asked, "experiment": experiment(seed="4")}) != first


def test_without_a_seed_the_name_of_the_experiment_is_one() -> None:
    asked = request(experiment(), ended(12), 1, 13)
    other = request({**experiment(), "name": "other"}, ended(12), 1, 13)
    assert answer(asked) == answer(asked) != answer(other)


def test_suggestions_are_those_of_a_study_that_never_stopped() -> None:
    parameters = read_parameters(experiment()["spec"]["parameter_specs"]["parameters"])
    space = {p.name: p.distribution for p in parameters}
    study = optuna.create_study(sampler=DNCSampler(search_space=space, seed=5))
    trials: list[dict[str, Any]] = []
    for number in range(12):
        (got,) = answer(request(experiment(seed="5"), trials[::-1], 1, number + 1))
        asked = study.ask(space)
        assert got["assignments"] == [
            {"name": p.name, "value": p.text(asked.params[p.name])} for p in parameters
        ]
        loss = asked.params["lr"] + asked.params["layers"]
        study.tell(asked, loss)
        values = {pair["name"]: pair["value"] for pair in got["assignments"]}
        trials.append(trial(values, "SUCCEEDED", loss, labels=got["labels"]))


def test_states_of_trials() -> None:
    conditions = {
        "CREATED": "RUNNING",
        "RUNNING": "RUNNING",
        "SUCCEEDED": "COMPLETE",
        "EARLYSTOPPED": "PRUNED",
        "FAILED": "FAIL",
        "KILLED": "FAIL",
        "METRICSUNAVAILABLE": "FAIL",
        "UNKNOWN": "FAIL",
    }
    found = trials_of([trial(GOOD, condition, 0.5, name=condition) for condition in conditions])
    assert {t.state.name for t in found} == set(conditions.values())
    by_state = {t.state.name: t for t in found}
    assert by_state["COMPLETE"].value == 0.5
    assert list(by_state["PRUNED"].intermediate_values.values()) == [0.5]
    # What failed says where not to search; what was killed says nothing.
    failed = [t for t in found if t.state.name == "FAIL"]
    assert sorted(len(t.params) for t in failed) == [0, 0, 5, 5]


@pytest.mark.parametrize("loss", [None, "unavailable", "nan"])
def test_a_trial_that_succeeded_without_a_value_has_failed(loss: str | None) -> None:
    (found,) = trials_of([trial(GOOD, "SUCCEEDED", loss)])
    assert (found.state.name, found.params["layers"]) == ("FAIL", 3)


def test_an_early_stopped_trial_without_a_value_is_pruned_without_a_report() -> None:
    (found,) = trials_of([trial(GOOD, "EARLYSTOPPED")])
    assert (found.state.name, found.intermediate_values) == ("PRUNED", {})


@pytest.mark.parametrize(
    "values",
    [
        {},
        {**GOOD, "lr": "fast"},
        {**GOOD, "lr": "nan"},
        {**GOOD, "lr": "2"},
        {**GOOD, "layers": "2.5"},
        {**GOOD, "layers": "9" * 400},
        {**GOOD, "momentum": "0.35"},
        {**GOOD, "momentum": "1.1"},
        {**GOOD, "batch": "64"},
        {**GOOD, "optimizer": "lamb"},
    ],
)
def test_a_trial_of_another_space_is_no_obstacle(values: dict[str, str]) -> None:
    odd = trial(values, "SUCCEEDED", 0.1)
    assert [t.params for t in trials_of([odd])] == [{}]
    assert len(answer(request(experiment(), [odd], 2, 3))) == 2


def test_trials_without_metrics_which_katib_leaves_out_keep_their_numbers() -> None:
    messages = [message for message in ended(6) if message["name"] not in ("t1", "t4")]
    found = trials_of(messages, n_begun=7)
    assert [t.state.name for t in found] == [
        "COMPLETE",
        "FAIL",
        "COMPLETE",
        "COMPLETE",
        "FAIL",
        "COMPLETE",
        "FAIL",
    ]
    (new,) = answer(request(experiment(), messages, 1, 8))
    assert new["labels"] == {NUMBER_LABEL: "7"}


@pytest.mark.parametrize("label", ["0", "9", "-1", "x", "9" * 30])
def test_a_label_of_others_costs_no_trial(label: str) -> None:
    messages = [
        trial(GOOD, "SUCCEEDED", k, name=f"t{k}", labels={NUMBER_LABEL: label}) for k in range(3)
    ]
    assert sorted(t.value for t in trials_of(messages)) == [0, 1, 2]


def test_trials_without_labels_are_in_order_of_their_start() -> None:
    messages = [
        trial(GOOD, "SUCCEEDED", k, name=f"{9 - k}", start_time=f"2026-01-0{k + 1}T00:00:00Z")
        for k in (2, 0, 1)
    ]
    assert [t.value for t in trials_of([*messages, trial(GOOD, "CREATED")])[:3]] == [0, 1, 2]


def test_running_trials_are_not_suggested_again() -> None:
    asked = request(experiment(seed="0"), ended(12), 1, 13)
    (first,) = answer(asked)
    values = {pair["name"]: pair["value"] for pair in first["assignments"]}
    begun = trial(values, "CREATED", labels=first["labels"])
    (second,) = answer(request(experiment(seed="0"), [*ended(12), begun], 1, 14))
    assert second["assignments"] != first["assignments"]
    assert [first, second] == answer(request(experiment(seed="0"), ended(12), 2, 14))


def test_maximize() -> None:
    about = experiment(seed="0")
    about["spec"]["objective"]["type"] = "MAXIMIZE"
    up, down = (answer(request(each, ended(12), 1, 13)) for each in (about, experiment(seed="0")))
    assert up != down


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seed": "-1"}, "seed must be at least 0, got '-1'"),
        ({"seed": "one"}, "seed must be an int, got 'one'"),
        ({"n_startup_trials": "-2"}, "n_startup_trials must be at least 0"),
        ({"n_candidates": "0"}, "n_candidates must be at least 1"),
        ({"preset": "best"}, "preset 'best' is unknown; allowed are"),
        ({"startup": "grid"}, "startup 'grid' is unknown"),
        ({"sed": "1"}, "setting 'sed' is unknown; allowed are .* Did you mean 'seed'"),
    ],
)
def test_settings_are_checked(settings: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        validate({"experiment": experiment(**settings)})


def test_all_settings_reach_the_sampler() -> None:
    settings = {"seed": "0", "n_candidates": "10", "startup": "sobol", "n_startup_trials": "20"}
    about = experiment(**settings, preset="deep-n-cheap")
    (first,) = answer(request(about, [], 1, 1))
    assert first["assignments"][2] == {"name": "layers", "value": "3"}
    with_model = experiment(**{**settings, "n_startup_trials": "3"})
    assert answer(request(about, ended(12), 1, 13)) != answer(
        request(with_model, ended(12), 1, 13)
    )


@pytest.mark.parametrize(
    ("kind", "space", "message"),
    [
        ("UNKNOWN_TYPE", {}, "parameterType of parameter 'p' must be double, int, discrete or"),
        ("DOUBLE", {}, "min of parameter 'p' must be a finite number, got ''"),
        ("DOUBLE", {"min": "0"}, "max of parameter 'p' must be a finite number, got ''"),
        ("DOUBLE", {"min": "0", "max": "inf"}, "max of parameter 'p' must be a finite number"),
        ("DOUBLE", {"min": "2", "max": "1"}, "min of parameter 'p' must be at most its max, '1'"),
        ("DOUBLE", {"min": "0", "max": "1", "step": "0"}, "step of parameter 'p' must be pos"),
        (
            "DOUBLE",
            {"min": "0", "max": "1", "distribution": "LOG_UNIFORM"},
            "min of parameter 'p' must be positive for the distribution logUniform, got '0'",
        ),
        (
            "DOUBLE",
            {"min": "1", "max": "9", "step": "1", "distribution": "LOG_UNIFORM"},
            "step and the distribution logUniform of parameter 'p' are mutually exclusive",
        ),
        (
            "DOUBLE",
            {"min": "0", "max": "1", "distribution": "NORMAL"},
            "distribution of parameter 'p' must be uniform or logUniform, got 'NORMAL'",
        ),
        (
            "DOUBLE",
            {"min": "0", "max": "1e30", "step": "1e-30"},
            "step of parameter 'p' must be positive, and in the range less",
        ),
        ("DOUBLE", {"min": "1e-400", "max": "1_0"}, "max of parameter 'p' must be a finite"),
        ("INT", {"min": "1", "max": "2.5"}, "max of parameter 'p' must be an integer"),
        ("INT", {"min": "1", "max": "9007199254740993"}, "max of parameter 'p' must be an int"),
        ("DISCRETE", {"list": ["a"]}, "list of parameter 'p' must be a finite number, got 'a'"),
        ("CATEGORICAL", {"list": []}, "list of parameter 'p' must have distinct values"),
        ("CATEGORICAL", {"list": ["a", "a"]}, "list of parameter 'p' must have distinct values"),
    ],
)
def test_parameters_are_checked(kind: str, space: dict[str, Any], message: str) -> None:
    about = experiment()
    about["spec"]["parameter_specs"]["parameters"] = [parameter("p", kind, space)]
    with pytest.raises(InputError, match=message):
        validate(as_dict(as_message("ValidateAlgorithmSettingsRequest", {"experiment": about})))


def test_two_parameters_of_one_name_are_refused() -> None:
    about = experiment()
    about["spec"]["parameter_specs"]["parameters"] *= 2
    with pytest.raises(InputError, match="parameter 'lr' occurs twice"):
        validate({"experiment": about})


@pytest.mark.parametrize("part", ["parameter_specs", "objective"])
def test_an_experiment_that_lacks_a_part_is_refused(part: str) -> None:
    about = experiment()
    del about["spec"][part]
    for values in ({"experiment": about}, {}):
        with pytest.raises(InputError, match="must be"):
            validate(as_dict(as_message("ValidateAlgorithmSettingsRequest", values)))


@pytest.mark.parametrize(("n_asked", "n_total"), [(-1, 0), (1001, 1001), (1, 10**9)])
def test_requests_are_bounded(n_asked: int, n_total: int) -> None:
    with pytest.raises(InputError, match="request_number must be"):
        answer(request(experiment(), [], n_asked, n_total))


@pytest.mark.parametrize(
    ("kind", "space", "allowed"),
    [
        ("INT", {"min": "2", "max": "9", "step": "3"}, {"2", "5", "8"}),
        ("INT", {"min": "1", "max": "8", "step": "1", "distribution": "LOG_UNIFORM"}, None),
        ("DOUBLE", {"min": "0.1", "max": "0.35", "step": "0.1"}, {"0.1", "0.2", "0.3"}),
        ("DOUBLE", {"min": "-1", "max": "-1"}, {"-1.0"}),
        ("DOUBLE", {"min": "0", "max": "3", "step": "0.30000000000000004"}, None),
        ("DISCRETE", {"list": ["1e-3", "0.1", "10"]}, {"1e-3", "0.1", "10"}),
        ("CATEGORICAL", {"list": ["1"]}, {"1"}),
    ],
)
def test_values_are_texts_that_are_read_again(
    kind: str, space: dict[str, Any], allowed: set[str] | None
) -> None:
    about = experiment(seed="0")
    about["spec"]["parameter_specs"]["parameters"] = [parameter("p", kind, space)]
    sent = as_dict(as_message("GetSuggestionsRequest", request(about, [], 20, 20)))
    texts = [each["assignments"][0]["value"] for each in suggest(sent)["parameter_assignments"]]
    (read,) = read_parameters(sent["experiment"]["spec"]["parameter_specs"]["parameters"])
    assert [read.text(read.value(text)) for text in texts] == texts
    assert allowed is None or set(texts) <= allowed
    for text in texts:
        found = frozen_trial(trial({"p": text}, "SUCCEEDED", 1.0), [read], "loss")
        assert found.state.name == "COMPLETE"
