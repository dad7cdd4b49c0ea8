"""The manifest of a Job, as plain data."""

from __future__ import annotations

from typing import Any

from optuna_dnc.kubernetes.worker_job import WorkerJob

STORAGE_VARIABLE = "OPTUNA_DNC_STORAGE"
"""Environment variable from which a worker reads its storage URL."""

USER = 1000
"""User and group of the container, as in examples/kubernetes/Dockerfile."""

Manifest = dict[str, Any]

_BAD_INPUT = 2
_FAILURES_PER_WORKER = 6
_GRACE_SECONDS = 60
_SECONDS_KEPT = 7 * 24 * 3600
_CONTAINER = "worker"
_VOLUME = "search"


def job_manifest(job: WorkerJob) -> Manifest:
    """Return an Indexed Job of Kubernetes 1.29 or later, one index per worker.

    A pod that is killed, evicted or out of memory is replaced, and its trial goes on in another
    one. Evictions do not count; an index that fails seven times is given up, and the others go
    on. Exit code 2, a wrong setting, ends the Job.
    """
    metadata: Manifest = {"name": job.job_name, "labels": _labels(job)}
    if job.namespace is not None:
        metadata["namespace"] = job.namespace
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {
            "completionMode": "Indexed",
            "completions": job.workers,
            "parallelism": job.workers,
            "backoffLimitPerIndex": _FAILURES_PER_WORKER,
            "podFailurePolicy": {"rules": _failure_rules()},
            "ttlSecondsAfterFinished": _SECONDS_KEPT,
            "template": {"metadata": {"labels": _labels(job)}, "spec": _pod(job)},
        },
    }


def _labels(job: WorkerJob) -> Manifest:
    return {"app.kubernetes.io/name": "optuna-dnc", "app.kubernetes.io/instance": job.job_name}


def _failure_rules() -> list[Manifest]:
    bad_input = {"containerName": _CONTAINER, "operator": "In", "values": [_BAD_INPUT]}
    return [
        {"action": "FailJob", "onExitCodes": bad_input},
        {
            "action": "Ignore",
            "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
        },
    ]


def _pod(job: WorkerJob) -> Manifest:
    return {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": _GRACE_SECONDS,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(job)],
        "volumes": [{"name": _VOLUME, "persistentVolumeClaim": {"claimName": job.claim}}],
    }


def _container(job: WorkerJob) -> Manifest:
    resources = {"cpu": job.cpu, "memory": job.memory}
    if job.gpus:
        resources["nvidia.com/gpu"] = str(job.gpus)
    time_limit = [] if job.timeout is None else ["--timeout", f"{job.timeout:.15g}"]
    return {
        "name": _CONTAINER,
        "image": job.image,
        "command": ["optuna-dnc"],
        "args": ["worker", job.run, *time_limit],
        "workingDir": job.mount,
        "env": _environment(job),
        # Equal requests and limits: such pods are evicted last.
        "resources": {"requests": resources.copy(), "limits": resources},
        "volumeMounts": [{"name": _VOLUME, "mountPath": job.mount}],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def _environment(job: WorkerJob) -> list[Manifest]:
    # In a container, Python counts the cores of the whole machine.
    cores = {"containerName": _CONTAINER, "resource": "limits.cpu", "divisor": "1"}
    variables: list[Manifest] = [
        {"name": "OMP_NUM_THREADS", "valueFrom": {"resourceFieldRef": cores}},
        {"name": "HOME", "value": "/tmp"},
    ]
    if job.secret_key is not None:
        name, key = job.secret_key
        reference = {"secretKeyRef": {"name": name, "key": key}}
        variables.append({"name": STORAGE_VARIABLE, "valueFrom": reference})
    elif job.storage is not None:
        variables.append({"name": STORAGE_VARIABLE, "value": job.storage.replace("$(", "$$(")})
    return variables
