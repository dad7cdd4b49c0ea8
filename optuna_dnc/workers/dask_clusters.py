"""Executors of Dask: a cluster of local processes, or any cluster by its scheduler's address."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from optuna_dnc._errors import InputError, brief, shown
from optuna_dnc._extras import missing_packages

PATIENCE = 10
"""Seconds to wait for a scheduler."""

_HOST = "127.0.0.1"


@contextmanager
def local_cluster(environments: Sequence[Mapping[str, str]]) -> Iterator[Executor]:
    """Start a process for each worker, and end them with the block.

    A worker that dies is started anew, with the same variables; its call goes to another one.

    Args:
        environments: Variables of each worker, see
            :func:`optuna_dnc.workers.local_environments`.
    """
    _check_installed("workers need")
    from distributed import Client, Nanny, Scheduler, SpecCluster

    options: dict[str, Any] = {
        "host": _HOST,
        "nthreads": 1,
        "memory_limit": 0,  # of its own, at which it would pause or kill workers
        "dashboard": False,
        "silence_logs": "ERROR",
        "preload": [f"{__package__}.dask_preload"],
    }
    workers = {
        number: {"cls": Nanny, "options": {**options, "env": dict(environment)}}
        for number, environment in enumerate(environments)
    }
    scheduler = {"cls": Scheduler, "options": {"host": _HOST, "port": 0, "dashboard": False}}
    with (
        SpecCluster(workers, scheduler, silence_logs="ERROR") as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client.get_executor(pure=False)


@contextmanager
def cluster_at(address: str) -> Iterator[Executor]:
    """Use the workers of a running Dask cluster within the block.

    Args:
        address: Address of its scheduler, such as ``tcp://login1:8786``.

    Raises:
        InputError: Nothing answers there.
    """
    _check_installed("scheduler needs")
    from distributed import Client
    from distributed.comm.addressing import parse_address, parse_host_port

    try:
        parse_host_port(parse_address(address)[1])  # of a wrong one, a client would never let go
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(
            f"scheduler {shown(address)} cannot be reached ({brief(error)}); start one by "
            "'dask scheduler', and give the address that it prints, as in tcp://HOST:8786."
        ) from error
    with client:
        yield client.get_executor(pure=False)


def _check_installed(subject: str) -> None:
    if importlib.util.find_spec("distributed") is None:
        raise InputError(missing_packages(subject, ["distributed"], "workers"))
