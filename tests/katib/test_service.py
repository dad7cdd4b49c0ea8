"""The service over gRPC: every answer follows from its request."""

from __future__ import annotations

import math
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest

grpc = pytest.importorskip("grpc")
pytest.importorskip("grpc_health")

from grpc_health.v1 import health_pb2, health_pb2_grpc  # noqa: E402

from optuna_dnc import InputError  # noqa: E402
from optuna_dnc.katib import SuggestionServer  # noqa: E402
from tests.katib.experiments import Client, Run, client, experiment, request  # noqa: E402


@pytest.fixture(scope="module")
def service() -> Iterator[Client]:
    with SuggestionServer(port=0) as server, client(server.address) as connected:
        yield connected


def loss(values: Mapping[str, str]) -> float:
    """Least at lr 0.01, momentum 0.5, three layers, batches of 32 and adam."""
    return (
        (math.log10(float(values["lr"])) + 2) ** 2
        + (float(values["momentum"]) - 0.5) ** 2
        + (int(values["layers"]) - 3) ** 2
        + 0.1 * (values["batch"] != "32")
        + 0.3 * (values["optimizer"] != "adam")
    )


def assert_feasible(values: Mapping[str, str]) -> None:
    assert list(values) == ["lr", "momentum", "layers", "batch", "optimizer"]
    assert 1e-4 <= float(values["lr"]) <= 1
    assert values["momentum"] in {f"0.{tenth}" for tenth in range(1, 10)}
    assert values["layers"] in {"1", "2", "3", "4", "5"}
    assert values["batch"] in {"16", "32", "128"}
    assert values["optimizer"] in {"sgd", "adam"}


def begin() -> tuple[subprocess.Popen[str], str]:
    """The command in a process of its own, and its address."""
    command = [sys.executable, "-m", "optuna_dnc", "katib", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().split(": ")[1].split()[0]


def test_a_service_that_is_killed_goes_on_with_the_next_request() -> None:
    run, suggested = Run(experiment(seed="1"), loss), []
    for rounds, ending in ((2, signal.SIGKILL), (3, signal.SIGTERM)):
        process, address = begin()
        try:
            with client(address) as connected:
                connected.call("ValidateAlgorithmSettings", {"experiment": run.about})
                for _ in range(rounds):
                    suggested += run.step(connected, 3)
        finally:
            process.send_signal(ending)
            _, err = process.communicate(timeout=60)
        assert err == ""
    assert len({tuple(values.items()) for values in suggested}) == len(suggested) == 15
    for values in suggested:
        assert_feasible(values)


def test_what_it_suggests_is_better_than_chance(service: Client) -> None:
    run = Run(experiment(seed="0"), loss)
    for _ in range(10):
        run.step(service, 2)
    best = min(
        float(metric["value"])
        for trial in run.trials
        for metric in trial["status"]["observation"]["metrics"]
        if metric["name"] == "loss"
    )
    rng = random.Random(0)
    of_chance = sorted(min(loss(drawn(rng)) for _ in range(20)) for _ in range(100))
    assert best < of_chance[10]


def drawn(rng: random.Random) -> dict[str, str]:
    return {
        "lr": str(10 ** rng.uniform(-4, 0)),
        "momentum": f"0.{rng.randint(1, 9)}",
        "layers": str(rng.randint(1, 5)),
        "batch": rng.choice(["16", "32", "128"]),
        "optimizer": rng.choice(["sgd", "adam"]),
    }


def test_what_cannot_be_searched_is_refused(service: Client) -> None:
    for method, values in (
        ("ValidateAlgorithmSettings", {"experiment": experiment(seed="-1")}),
        ("GetSuggestions", request(experiment(seed="-1"), [], 1)),
    ):
        with pytest.raises(grpc.RpcError) as refused:
            service.call(method, values)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert refused.value.details() == "seed must be at least 0, got '-1'; change it."


def test_probes_of_katib_find_it_healthy() -> None:
    asked = health_pb2.HealthCheckRequest(service="manager.v1beta1.Suggestion")
    with (
        SuggestionServer(port=0) as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        answer = health_pb2_grpc.HealthStub(channel).Check(asked, timeout=60)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"port: {port} is in use on 127.0.0.1"):
            SuggestionServer(port=port)


def test_a_host_that_is_not_here_is_named() -> None:
    with pytest.raises(InputError, match=r"host: 'nowhere\.invalid' is not an IP address"):
        SuggestionServer(host="nowhere.invalid", port=0)
