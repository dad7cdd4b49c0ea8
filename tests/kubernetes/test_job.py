"""The Job is one that Kubernetes takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from optuna_dnc._errors import InputError
from optuna_dnc.kubernetes import WorkerJob, job_manifest
from optuna_dnc.kubernetes.job import STORAGE_VARIABLE, USER

ROOT = Path(__file__).parents[2]
VERSIONS = ("1.29", "1.33")
"""Kubernetes versions that manifests are checked against, next to the newest one known."""


def check(manifest: dict[str, Any]) -> None:
    """Raise an error unless Kubernetes knows every field and takes its type."""
    kubernetes_validate = pytest.importorskip(
        "kubernetes_validate", reason="pip install kubernetes-validate, which has the schemas"
    )
    for version in (*VERSIONS, kubernetes_validate.latest_version()):
        kubernetes_validate.validate(manifest, version, strict=True)


def worker_job(**changes: Any) -> WorkerJob:
    settings = {"run": "runs/digits", "image": "team/optuna-dnc:1.0", "workers": 3}
    return WorkerJob(**{**settings, "secret": "search", **changes})


def container_of(manifest: dict[str, Any]) -> dict[str, Any]:
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    return dict(container)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"secret": "search/url", "gpus": 1, "cpu": "500m", "memory": "1.5Gi"},
        {"secret": None, "storage": "journal:///work/trials.journal", "namespace": "team"},
        {"workers": 1, "timeout": 3600, "claim": "data.shared", "mount": "/a b"},
    ],
)
def test_manifests_are_valid(changes: dict[str, Any]) -> None:
    check(job_manifest(worker_job(**changes)))


@pytest.mark.parametrize(
    "break_it",
    [
        lambda job: job["spec"].update(paralelism=3),
        lambda job: job["spec"].update(parallelism="three"),
        lambda job: job["spec"]["podFailurePolicy"]["rules"][0].pop("action"),
        lambda job: container_of(job)["resources"]["limits"].update(cpu=[2]),
    ],
)
def test_that_check_sees_mistakes(break_it: Any) -> None:
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    manifest = job_manifest(worker_job())
    break_it(manifest)
    with pytest.raises(kubernetes_validate.ValidationError):
        check(manifest)


def test_one_index_for_each_worker() -> None:
    spec = job_manifest(worker_job(workers=8))["spec"]
    assert (spec["completions"], spec["parallelism"]) == (8, 8)
    assert spec["completionMode"] == "Indexed"


def test_killed_pods_are_replaced_and_bad_input_ends_the_job() -> None:
    spec = job_manifest(worker_job())["spec"]
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    assert spec["backoffLimitPerIndex"] > 0
    bad_input, disruption = spec["podFailurePolicy"]["rules"]
    assert (bad_input["action"], bad_input["onExitCodes"]["values"]) == ("FailJob", [2])
    assert bad_input["onExitCodes"]["containerName"] == container_of({"spec": spec})["name"]
    assert disruption["action"] == "Ignore"
    assert disruption["onPodConditions"][0]["type"] == "DisruptionTarget"


def test_a_pod_runs_a_worker_on_the_volume() -> None:
    manifest = job_manifest(worker_job(timeout=90_000_000.5, claim="shared"))
    container = container_of(manifest)
    command = [*container["command"], *container["args"]]
    assert command == ["optuna-dnc", "worker", "runs/digits", "--timeout", "90000000.5"]
    assert container["workingDir"] == container["volumeMounts"][0]["mountPath"] == "/work"
    (volume,) = manifest["spec"]["template"]["spec"]["volumes"]
    assert volume["persistentVolumeClaim"] == {"claimName": "shared"}
    assert volume["name"] == container["volumeMounts"][0]["name"]


def test_the_url_comes_from_the_secret_alone() -> None:
    (variable,) = [
        variable
        for variable in container_of(job_manifest(worker_job(secret="search/url")))["env"]
        if variable["name"] == STORAGE_VARIABLE
    ]
    assert variable["valueFrom"] == {"secretKeyRef": {"name": "search", "key": "url"}}


def test_a_url_without_a_password_is_taken_as_it_is() -> None:
    job = worker_job(secret=None, storage="postgresql+psycopg://db/$(A)")
    environment = container_of(job_manifest(job))["env"]
    assert {"name": STORAGE_VARIABLE, "value": "postgresql+psycopg://db/$$(A)"} in environment


def test_one_worker_needs_a_storage_too() -> None:
    with pytest.raises(InputError, match="secret must be given unless storage= is"):
        worker_job(workers=1, secret=None)


def test_threads_follow_the_cores_and_gpus_are_limits() -> None:
    container = container_of(job_manifest(worker_job(cpu="3", gpus=2)))
    (threads,) = [v for v in container["env"] if v["name"] == "OMP_NUM_THREADS"]
    assert threads["valueFrom"]["resourceFieldRef"]["resource"] == "limits.cpu"
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "2"
    assert "nvidia.com/gpu" not in container_of(job_manifest(worker_job()))["resources"]["limits"]


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("runs/My Digits_2", "optuna-dnc-my-digits-2"),
        ("runs/\u2603", "optuna-dnc"),
        ("runs/" + "x" * 200, "optuna-dnc-" + "x" * 47),
    ],
)
def test_the_job_is_named_after_the_run(folder: str, name: str) -> None:
    manifest = job_manifest(worker_job(run=folder))
    assert manifest["metadata"]["name"] == name
    assert len(f"{name}-999") <= 63


def test_the_longest_name_fits_a_host_name() -> None:
    assert worker_job(name="n" * 61).job_name == "n" * 61


def test_the_claim_of_the_example_is_valid() -> None:
    claim = yaml.safe_load((ROOT / "examples/kubernetes/claim.yaml").read_text())
    check(claim)
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    assert claim["metadata"]["name"] == worker_job().claim


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, each on one line."""
    text = (ROOT / "examples/kubernetes/Dockerfile").read_text()
    lines = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    split = (line.split(maxsplit=1) for line in lines if line.strip())
    return [(name, " ".join(rest.split())) for name, rest in split]


def test_the_image_runs_the_command_as_the_user_of_the_job() -> None:
    last = dict(instructions())
    assert last["ENTRYPOINT"] == '["optuna-dnc"]'
    assert last["USER"] == f"{USER}:{USER}"


def test_what_the_image_copies_exists() -> None:
    copied = [rest.split()[:-1] for name, rest in instructions() if name == "COPY"]
    own = [path for paths in copied if not paths[0].startswith("--from") for path in paths]
    assert own
    assert [path for path in own if not (ROOT / path).exists()] == []
