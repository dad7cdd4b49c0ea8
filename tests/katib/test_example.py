"""The example for Katib is an experiment that Katib and the service take."""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("google.protobuf")

from optuna_dnc.katib import suggest, validate
from optuna_dnc.katib.server import as_dict, as_message
from tests.katib.experiments import request
from tests.katib.rules import problems
from tests.kubernetes.test_job import check

FOLDER = Path(__file__).parents[2] / "examples/katib"


def example() -> Any:
    return yaml.safe_load((FOLDER / "experiment.yaml").read_text())


def as_katib_sends_it(manifest: dict[str, Any]) -> dict[str, Any]:
    """The message ``Experiment`` that Katib's controller makes of a manifest."""
    spec = manifest["spec"]
    distributions = {"logUniform": "LOG_UNIFORM", "uniform": "UNIFORM"}
    return {
        "name": manifest["metadata"]["name"],
        "spec": {
            "objective": {
                "type": spec["objective"]["type"].upper(),
                "objective_metric_name": spec["objective"]["objectiveMetricName"],
            },
            "algorithm": {"algorithm_settings": spec["algorithm"]["algorithmSettings"]},
            "parameter_specs": {
                "parameters": [
                    {
                        "name": parameter["name"],
                        "parameter_type": parameter["parameterType"].upper(),
                        "feasible_space": {
                            field: distributions.get(value, value) if field[0] == "d" else value
                            for field, value in parameter["feasibleSpace"].items()
                        },
                    }
                    for parameter in spec["parameters"]
                ]
            },
        },
    }


def suggestions(n: int) -> list[dict[str, str]]:
    asked = request(as_katib_sends_it(example()), [], n, n)
    sent = as_dict(as_message("GetSuggestionsRequest", asked))
    validate(sent)
    answer = suggest(sent)["parameter_assignments"]
    return [{pair["name"]: pair["value"] for pair in each["assignments"]} for each in answer]


def test_katib_takes_it() -> None:
    assert problems(example()) == []


@pytest.mark.parametrize(
    ("break_it", "problem"),
    [
        (lambda spec: spec["objective"].update(type="minimise"), "objective.type"),
        (lambda spec: spec["objective"].update(gaol=1), "objective.gaol"),
        (lambda spec: spec.update(maxTrialCount="30"), "counts"),
        (lambda spec: spec.update(parallelTrialCount=31), "counts"),
        (
            lambda spec: spec["parameters"][0]["feasibleSpace"].update(min=0.1),
            "feasibleSpace: not a string",
        ),
        (lambda spec: spec["parameters"][2].update(parameterType="double"), "feasibleSpace: list"),
        (lambda spec: spec["trialTemplate"]["trialParameters"].pop(), "trialParameters.name"),
    ],
)
def test_that_mistakes_are_seen(break_it: Callable[[Any], None], problem: str) -> None:
    manifest = example()
    break_it(manifest["spec"])
    assert any(found.startswith(problem) for found in problems(manifest))


def test_its_trial_is_a_valid_job() -> None:
    check({**example()["spec"]["trialTemplate"]["trialSpec"], "metadata": {"name": "trial"}})


def test_its_space_is_searched() -> None:
    for values in suggestions(4):
        assert 1e-4 <= float(values["learning-rate"]) <= 0.1
        assert int(values["width"]) in range(8, 129, 8)
        assert values["batch-size"] in {"16", "32", "64", "128"}
        assert values["activation"] in {"relu", "tanh"}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_trial_prints_the_metrics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    template = example()["spec"]["trialTemplate"]
    (values,) = suggestions(1)
    references = {each["name"]: each["reference"] for each in template["trialParameters"]}
    (container,) = template["trialSpec"]["spec"]["template"]["spec"]["containers"]
    _, _, code, *arguments = (
        re.sub(r"\$\{trialParameters\.(\w+)\}", lambda m: values[references[m[1]]], word)
        for word in container["command"]
    )
    (tmp_path / "trial.py").write_text(code)
    monkeypatch.setattr("sys.argv", ["-c", *arguments])
    runpy.run_path(str(tmp_path / "trial.py"))
    printed = capsys.readouterr().out
    metrics = dict(re.findall(r"^([\w|-]+)=([\d.e+-]+)$", printed, re.MULTILINE))
    assert metrics.keys() == {"loss", "accuracy"}
    assert float(metrics["loss"]) > 0


def test_the_entry_for_katib_config_starts_the_service() -> None:
    config = yaml.safe_load((FOLDER / "katib-config.yaml").read_text())
    (entry,) = config["runtime"]["suggestions"]
    assert entry["algorithmName"] == example()["spec"]["algorithm"]["algorithmName"]
    assert entry["args"] == ["katib", "--host", "0.0.0.0"]
    # All other fields are those of a container.
    container = {key: value for key, value in entry.items() if key != "algorithmName"}
    pod = {"containers": [{"name": "suggestion", **container}]}
    check({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": pod})
