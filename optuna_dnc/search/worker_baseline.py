"""Timed costs of several workers, made comparable."""

from __future__ import annotations

from optuna_dnc._errors import InputError, shown
from optuna_dnc.data import PreparedData
from optuna_dnc.nets import NetworkFamily
from optuna_dnc.objectives import cost_measure
from optuna_dnc.runs.settings import SearchSettings
from optuna_dnc.search.setup import first_baseline


def worker_baseline(
    settings: SearchSettings, family: NetworkFamily, data: PreparedData, baseline: float
) -> float:
    """Return the cost that counts as 1 on this worker.

    Machines differ, and neighbors slow each other down: a timed cost of the largest network is
    measured by each worker anew. Counted costs are the same everywhere.

    Args:
        settings: Settings of the search.
        family: Its network family.
        data: Its data, on the device of the worker.
        baseline: The cost that counts as 1 on the worker that began the search.
    """
    if settings.baseline is not None or cost_measure(settings.penalize).repeats_exactly:
        return baseline
    return first_baseline(settings, family, data)


def cost_scales(
    settings: SearchSettings, family: NetworkFamily, data: PreparedData, baseline: float
) -> dict[str, float]:
    """Return the factor that turns this worker's timed cost into that of the first worker.

    All costs of a search are then in the seconds of one worker: ``cost / worker_baseline`` is
    ``cost * scale / baseline``. Empty if costs need no factor. The arguments are those of
    :func:`worker_baseline`.
    """
    own = worker_baseline(settings, family, data, baseline)
    return {} if own == baseline else {settings.penalize: baseline / own}


def check_shared_gpu(penalize: str, workers_per_gpu: int) -> None:
    """Refuse workers that share a GPU if the cost is a time.

    Raises:
        InputError: They would slow each other down, each time differently.
    """
    if workers_per_gpu > 1 and not cost_measure(penalize).repeats_exactly:
        raise InputError(
            f"workers_per_gpu={workers_per_gpu} cannot be used with penalize={shown(penalize)}, "
            "which is timed: workers of the same GPU slow each other down; penalize a counted "
            "cost such as n_params, or give each worker a GPU of its own."
        )
