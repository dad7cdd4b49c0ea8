"""Executors of Dask: a cluster of local processes, or any cluster by its scheduler's address."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any, TypeVar

from typing_extensions import override

from optuna_dnc._errors import InputError, brief, shown
from optuna_dnc._extras import missing_packages

PATIENCE = 10
"""Seconds to wait for a scheduler."""

_HOST = "127.0.0.1"

_LOST = {"distributed.deploy.lost-worker-timeout": "365 days"}
"""Dask's nannies start a worker that has died anew, but after 15 seconds without the new one, its
cluster gives up both of them. On a busy machine, a worker needs longer than that to start."""

Result = TypeVar("Result")


class DaskExecutor(Executor):
    """Workers of a Dask cluster.

    Args:
        client: Client of its scheduler.
        is_local: Whether its workers were started here, and are started again if they die.
    """

    def __init__(self, client: Any, *, is_local: bool = False) -> None:
        self._client = client
        self._is_local = is_local
        self._executor = client.get_executor(pure=False)

    @override
    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        future: Future[Result] = self._executor.submit(fn, *args, **kwargs)
        return future

    def obstacle(self) -> str | None:
        """Return why no worker takes calls, and what to do; None if one may."""
        from dask.utils import format_bytes

        try:
            workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        except (OSError, TimeoutError):  # the calls will tell
            return None
        if not workers and self._is_local:
            return (
                "All workers have died and are being started again, and the search waits for "
                "them; if this happens again, use fewer workers: the memory may be too small."
            )
        if not workers:
            return (
                "The Dask cluster has no workers, and the search waits for one; start some by "
                f"'dask worker {self._client.scheduler.address}'."
            )
        if any(worker["status"] != "paused" for worker in workers):
            return None
        least = format_bytes(min(worker["memory_limit"] for worker in workers))
        return (
            f"All {len(workers)} workers of the Dask cluster are paused, since their memory is "
            f"nearly used up (memory_limit of {least}), and the search waits; start workers with "
            "a larger --memory-limit, such as 4GiB, or with 0 for no limit."
        )


@contextmanager
def local_cluster(environments: Sequence[Mapping[str, str]]) -> Iterator[Executor]:
    """Start a process for each worker, and end them with the block.

    A worker that dies is started anew, with the same variables; its call goes to another one.

    Args:
        environments: Variables of each worker, see
            :func:`optuna_dnc.workers.local_environments`.
    """
    _check_installed("workers need")
    from dask import config
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
    # The HTTP server of another cluster may have the usual port.
    ports = {"port": 0, "dashboard_address": f"{_HOST}:0"}
    scheduler = {"cls": Scheduler, "options": {"host": _HOST, "dashboard": False, **ports}}
    with (
        config.set(_LOST),
        SpecCluster(workers, scheduler, silence_logs="ERROR") as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield DaskExecutor(client, is_local=True)


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
        yield DaskExecutor(client)


def _check_installed(subject: str) -> None:
    if importlib.util.find_spec("distributed") is None:
        raise InputError(missing_packages(subject, ["distributed"], "workers"))
