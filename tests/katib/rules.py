"""What Katib's webhook checks of an experiment, and its types, which the CRD does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_TYPES = {"double", "int", "discrete", "categorical"}
_DISTRIBUTIONS = {"uniform", "logUniform", "normal", "logNormal"}
_FIELDS = {
    "": {"apiVersion", "kind", "metadata", "spec"},
    "spec": {
        "algorithm",
        "earlyStopping",
        "maxFailedTrialCount",
        "maxTrialCount",
        "metricsCollectorSpec",
        "objective",
        "parallelTrialCount",
        "parameters",
        "resumePolicy",
        "trialTemplate",
    },
    "objective": {
        "additionalMetricNames",
        "goal",
        "metricStrategies",
        "objectiveMetricName",
        "type",
    },
    "algorithm": {"algorithmName", "algorithmSettings"},
    "parameter": {"feasibleSpace", "name", "parameterType"},
    "feasibleSpace": {"distribution", "list", "max", "min", "step"},
    "trialTemplate": {
        "failureCondition",
        "primaryContainerName",
        "primaryPodLabels",
        "retain",
        "successCondition",
        "trialParameters",
        "trialSpec",
    },
    "trialParameter": {"description", "name", "reference"},
}


def problems(experiment: dict[str, Any]) -> list[str]:
    """Return what Katib would refuse or drop silently."""
    return list(_problems(experiment))


def _problems(experiment: dict[str, Any]) -> Iterator[str]:
    spec = experiment["spec"]
    objective, template = spec["objective"], spec["trialTemplate"]
    yield from _unknown("", experiment)
    for name, part in (("spec", spec), ("objective", objective), ("trialTemplate", template)):
        yield from _unknown(name, part)
    if not re.fullmatch("[a-z]([-a-z0-9]{0,38}[a-z0-9])?", experiment["metadata"]["name"]):
        yield "metadata.name"
    if objective["type"] not in ("minimize", "maximize"):
        yield "objective.type"
    if objective["objectiveMetricName"] in objective.get("additionalMetricNames", ()):
        yield "objective.additionalMetricNames"
    if spec.get("resumePolicy", "Never") not in ("Never", "LongRunning", "FromVolume"):
        yield "resumePolicy"
    counts = [spec[f"{kind}TrialCount"] for kind in ("parallel", "max", "maxFailed")]
    if not all(type(count) is int for count in counts) or max(counts) != counts[1]:
        yield "counts"
    yield from _unknown("algorithm", spec["algorithm"])
    for setting in spec["algorithm"].get("algorithmSettings", ()):
        if not all(isinstance(setting[key], str) for key in ("name", "value")):
            yield "algorithmSettings"
    for parameter in spec["parameters"]:
        yield from _parameter_problems(parameter)
    yield from _template_problems(template, {p["name"] for p in spec["parameters"]})


def _unknown(name: str, part: dict[str, Any]) -> Iterator[str]:
    yield from (f"{name}.{field}" for field in part.keys() - _FIELDS[name])


def _parameter_problems(parameter: dict[str, Any]) -> Iterator[str]:
    space, kind = parameter["feasibleSpace"], parameter["parameterType"]
    yield from _unknown("parameter", parameter)
    yield from _unknown("feasibleSpace", space)
    values = [space.get(field, "") for field in ("min", "max", "step", "distribution")]
    if not all(isinstance(value, str) for value in [*values, *space.get("list", ())]):
        yield "feasibleSpace: not a string"
    if kind not in _TYPES or space.get("distribution", "uniform") not in _DISTRIBUTIONS:
        yield "parameterType or distribution"
    if (kind in ("discrete", "categorical")) != ("list" in space) or ("list" in space) == (
        "min" in space or "max" in space
    ):
        yield "feasibleSpace: list or min and max"


def _template_problems(template: dict[str, Any], parameters: set[str]) -> Iterator[str]:
    job = template["trialSpec"]
    given = {each["name"]: each["reference"] for each in template["trialParameters"]}
    for each in template["trialParameters"]:
        yield from _unknown("trialParameter", each)
    if set(given.values()) != parameters:
        yield "trialParameters.reference"
    if set(re.findall(r"\$\{trialParameters\.([^}]+)\}", str(job))) != set(given):
        yield "trialParameters.name"
    if "metadata" in job and {"name", "namespace"} & job["metadata"].keys():
        yield "trialSpec.metadata"
    containers = job["spec"]["template"]["spec"]["containers"]
    (primary,) = [c for c in containers if c["name"] == template["primaryContainerName"]] or [{}]
    if not primary.get("command"):
        yield "command of the primary container"
