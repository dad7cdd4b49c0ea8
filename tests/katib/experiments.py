"""A stand-in for Katib: experiments, their trials, and a client of the service."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc

from optuna_dnc.katib.server import SERVICE, as_dict, as_message, message_type

PARAMETERS = (
    ("lr", "DOUBLE", {"min": "0.0001", "max": "1", "distribution": "LOG_UNIFORM"}),
    ("momentum", "DOUBLE", {"min": "0.1", "max": "0.95", "step": "0.1"}),
    ("layers", "INT", {"min": "1", "max": "5"}),
    ("batch", "DISCRETE", {"list": ["128", "16", "32"]}),
    ("optimizer", "CATEGORICAL", {"list": ["sgd", "adam"]}),
)


def parameter(name: str, kind: str, space: Mapping[str, Any]) -> dict[str, Any]:
    """A message ``ParameterSpec``."""
    return {"name": name, "parameter_type": kind, "feasible_space": dict(space)}


def experiment(**settings: str) -> dict[str, Any]:
    """A message ``Experiment`` with a parameter of each type."""
    return {
        "name": "quadratic",
        "spec": {
            "parameter_specs": {"parameters": [parameter(*each) for each in PARAMETERS]},
            "objective": {"type": "MINIMIZE", "objective_metric_name": "loss"},
            "algorithm": {
                "algorithm_name": "dnc",
                "algorithm_settings": [{"name": n, "value": v} for n, v in settings.items()],
            },
        },
    }


def trial(
    values: Mapping[str, str], condition: str, loss: object = None, **facts: Any
) -> dict[str, Any]:
    """A message ``Trial``."""
    metrics = [] if loss is None else [{"name": "loss", "value": str(loss)}]
    return {
        "name": facts.get("name", "trial"),
        "spec": {
            "parameter_assignments": {
                "assignments": [{"name": n, "value": v} for n, v in values.items()]
            },
            "labels": facts.get("labels", {}),
        },
        "status": {
            "start_time": facts.get("start_time", ""),
            "condition": condition,
            "observation": {"metrics": [{"name": "other", "value": "7"}, *metrics]},
        },
    }


def request(
    about: Mapping[str, Any], trials: list[dict[str, Any]], n_asked: int, n_total: int = 0
) -> dict[str, Any]:
    """A message ``GetSuggestionsRequest``."""
    numbers = {"current_request_number": n_asked, "total_request_number": n_total}
    return {"experiment": about, "trials": trials, **numbers}


@dataclass(frozen=True)
class Client:
    """Calls the service over gRPC."""

    channel: grpc.Channel

    def call(self, method: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer of a method."""
        remote = self.channel.unary_unary(
            f"/{SERVICE}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=message_type(f"{method}Reply").FromString,
        )
        message = as_message(f"{method}Request", values)
        return as_dict(remote(message, timeout=60, wait_for_ready=True))


@contextmanager
def client(address: str) -> Iterator[Client]:
    """Connect to a service."""
    with grpc.insecure_channel(address) as channel:
        yield Client(channel)


@dataclass
class Run:
    """An experiment whose trials are run by a function, as Katib's controller does."""

    about: dict[str, Any]
    objective: Callable[[Mapping[str, str]], float]
    trials: list[dict[str, Any]] = field(default_factory=list)

    def step(self, client: Client, n: int) -> list[dict[str, str]]:
        """Ask for n suggestions, run them, and return them."""
        asked = request(self.about, self.trials, n, len(self.trials) + n)
        answer = client.call("GetSuggestions", asked)["parameter_assignments"]
        suggested = []
        for each in answer:
            values = {pair["name"]: pair["value"] for pair in each["assignments"]}
            suggested.append(values)
            name = f"quadratic-{len(self.trials)}"
            ended = trial(
                values, "SUCCEEDED", self.objective(values), name=name, labels=each["labels"]
            )
            self.trials.insert(0, ended)  # Katib's order is no order
        return suggested
