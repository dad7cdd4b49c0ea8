"""Client of :mod:`benchmarks.robustness.katib_stubs`, run where Katib's package is installed."""

from __future__ import annotations

import importlib.util
import json
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

AT_ONCE = 3
SPACE = (
    ("lr", "DOUBLE", {"min": "0.0001", "max": "1", "distribution": 2}),
    ("layers", "INT", {"min": "1", "max": "5"}),
    ("batch", "DISCRETE", {"list": ["16", "32", "128"]}),
    ("optimizer", "CATEGORICAL", {"list": ["sgd", "adam"]}),
)


def stubs() -> tuple[ModuleType, ModuleType]:
    """Load Katib's messages and stubs; importing its package would need all dependencies."""
    folder = Path(str(metadata.distribution("kubeflow-katib").locate_file("kubeflow/katib")))
    sys.modules.setdefault("kubeflow", ModuleType("kubeflow"))
    package = sys.modules.setdefault("kubeflow.katib", ModuleType("kubeflow.katib"))
    loaded = []
    for name in ("katib_api_pb2", "katib_api_pb2_grpc"):
        spec = importlib.util.spec_from_file_location(
            f"kubeflow.katib.{name}", folder / f"{name}.py"
        )
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        setattr(package, name, module)
        spec.loader.exec_module(module)
        loaded.append(module)
    return loaded[0], loaded[1]


def differences(api: ModuleType, table: dict[str, Any]) -> list[str]:
    """Return fields and enum values of the service that Katib has otherwise."""
    found = []
    for name, fields in table["messages"].items():
        message = _find(api, name, "message_types_by_name", "nested_types_by_name")
        for number, (field, kind) in fields.items():
            official = message.fields_by_number.get(int(number))
            if official is None or (official.name, _kind(official)) != (field, kind):
                found.append(f"{name}.{field}")
    for name, values in table["enums"].items():
        enum = _find(api, name, "enum_types_by_name", "enum_types_by_name")
        if [value.name for value in enum.values] != values:
            found.append(name)
    return found


def _find(api: ModuleType, name: str, kind: str, nested: str) -> Any:
    outer, *inner = name.split(".")
    found = getattr(api.DESCRIPTOR, "message_types_by_name" if inner else kind)[outer]
    for number, part in enumerate(inner, start=1):
        found = getattr(found, nested if number == len(inner) else "nested_types_by_name")[part]
    return found


def _kind(field: Any) -> str:
    inner = field.message_type or field.enum_type
    scalars = {field.TYPE_STRING: "string", field.TYPE_INT32: "int32"}
    kind = inner.full_name.removeprefix("api.v1.beta1.") if inner else scalars.get(field.type, "")
    return f"{kind}*" if field.label == field.LABEL_REPEATED else kind


@contextmanager
def service(python: str, ending: signal.Signals) -> Iterator[grpc.Channel]:
    """Run the service in a process, which a signal ends."""
    command = [python, "-m", "optuna_dnc", "katib", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split(": ")[1].split()[0]
        with grpc.insecure_channel(address) as channel:
            yield channel
    finally:
        process.send_signal(ending)
        process.wait()


def experiment(api: ModuleType, seed: str) -> Any:
    """Return the experiment."""
    specs = [
        api.ParameterSpec(
            name=name, parameter_type=kind, feasible_space=api.FeasibleSpace(**space)
        )
        for name, kind, space in SPACE
    ]
    setting = api.AlgorithmSetting(name="seed", value=seed)
    spec = api.ExperimentSpec(
        parameter_specs=api.ExperimentSpec.ParameterSpecs(parameters=specs),
        objective=api.ObjectiveSpec(type="MINIMIZE", objective_metric_name="loss"),
        algorithm=api.AlgorithmSpec(algorithm_name="dnc", algorithm_settings=[setting]),
        parallel_trial_count=AT_ONCE,
    )
    return api.Experiment(name="official", spec=spec)


def run(api: ModuleType, stub: Any, trials: list[Any], last: int) -> list[float]:
    """Run trials until there are ``last``; return the seconds of each request."""
    seconds = []
    while len(trials) < last:
        request = api.GetSuggestionsRequest(
            experiment=experiment(api, "0"),
            trials=trials[::-1],
            current_request_number=AT_ONCE,
            total_request_number=len(trials) + AT_ONCE,
        )
        begun = time.perf_counter()
        reply = stub.GetSuggestions(request, timeout=60, wait_for_ready=True)
        seconds.append(time.perf_counter() - begun)
        assert len(reply.parameter_assignments) == AT_ONCE
        trials += [_trial(api, each, len(trials)) for each in reply.parameter_assignments]
    return seconds


def _trial(api: ModuleType, suggested: Any, number: int) -> Any:
    values = {pair.name: pair.value for pair in suggested.assignments}
    loss = float(values["lr"]) + abs(int(values["layers"]) - 3) + (values["optimizer"] == "sgd")
    spec = api.TrialSpec(
        parameter_assignments=api.TrialSpec.ParameterAssignments(
            assignments=suggested.assignments
        ),
        labels=suggested.labels,
    )
    metric = api.Metric(name="loss", value=str(loss))
    condition = "EARLYSTOPPED" if number % 7 == 6 else "SUCCEEDED"
    status = api.TrialStatus(condition=condition, observation=api.Observation(metrics=[metric]))
    return api.Trial(name=f"official-{number}", spec=spec, status=status)


def refusal(api: ModuleType, stub: Any) -> str:
    """Return the answer to a setting that is not valid."""
    request = api.ValidateAlgorithmSettingsRequest(experiment=experiment(api, "-1"))
    try:
        stub.ValidateAlgorithmSettings(request, timeout=60, wait_for_ready=True)
    except grpc.RpcError as error:
        return f"{error.code().name}: {error.details()}"
    return "accepted"


def main(python: str, table: str, n_trials: int) -> None:
    """Print what was found as JSON.

    Args:
        python: Interpreter that the service runs in.
        table: JSON file with the messages as the service describes them.
        n_trials: Trials of the experiment; the service is killed after half of them.
    """
    api, api_grpc = stubs()
    trials: list[Any] = []
    with service(python, signal.SIGKILL) as channel:
        stub = api_grpc.SuggestionStub(channel)
        valid = api.ValidateAlgorithmSettingsRequest(experiment=experiment(api, "0"))
        stub.ValidateAlgorithmSettings(valid, timeout=60, wait_for_ready=True)
        refused = refusal(api, stub)
        asked = health_pb2.HealthCheckRequest(service="manager.v1beta1.Suggestion")
        health = health_pb2_grpc.HealthStub(channel).Check(asked, timeout=60)
        seconds = run(api, stub, trials, n_trials // 2)
    with service(python, signal.SIGTERM) as channel:
        seconds += run(api, api_grpc.SuggestionStub(channel), trials, n_trials)
    losses = [float(t.status.observation.metrics[0].value) for t in trials]
    found = {
        "kubeflow-katib": metadata.version("kubeflow-katib"),
        "protobuf of the client": metadata.version("protobuf"),
        "fields that differ": differences(api, json.loads(Path(table).read_text())),
        "answer to seed -1": refused,
        "health": health_pb2.HealthCheckResponse.ServingStatus.Name(health.status),
        "trials": len(trials),
        "distinct": len({str(t.spec.parameter_assignments) for t in trials}),
        "best loss": min(losses),
        "ms a request, median": round(1000 * statistics.median(seconds)),
        "ms a request, largest": round(1000 * max(seconds)),
        "ms of the last request": round(1000 * seconds[-1]),
    }
    print(json.dumps(found))
