"""The parameter ``n_jobs`` of an estimator."""

from __future__ import annotations

from numbers import Integral

from joblib import effective_n_jobs

from optuna_dnc._errors import InputError, shown
from optuna_dnc.search import StagedSearch
from optuna_dnc.search.search_result import SearchResult
from optuna_dnc.workers import gpus_of, local_environments, process_pool, visible_gpus


def workers_for(n_jobs: object, device: str) -> int:
    """Return the number of networks to train at a time.

    Args:
        n_jobs: As in scikit-learn: None for 1, or what a block of ``joblib.parallel_config``
            says; -1 for all cores, -2 for all but one.
        device: Device of the search. Each training has a GPU of its own, if there are GPUs.

    Raises:
        InputError: It is no such number.
    """
    is_int = isinstance(n_jobs, Integral) and not isinstance(n_jobs, bool)
    if n_jobs is not None and not (is_int and n_jobs != 0):
        raise InputError(
            f"n_jobs must be None or an int other than 0, got {shown(n_jobs)}; give -1 for all "
            "cores."
        )
    n_workers = int(effective_n_jobs(n_jobs))
    if n_workers == 1 or device == "cpu":
        return n_workers
    return min(n_workers, len(gpus_of(device, visible_gpus())) or n_workers)


def run_in_processes(search: StagedSearch, n_workers: int, device: str) -> SearchResult:
    """Run a search in as many processes as it has workers; in this one if there is one.

    Args:
        search: The search.
        n_workers: Number of trainings at a time.
        device: Device of the search.
    """
    if n_workers == 1:
        return search.run()
    with process_pool(local_environments(n_workers, device=device)) as create:
        return search.run(create, workers=n_workers)
