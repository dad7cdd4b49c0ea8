"""Random search over scikit-learn's MLP on a holdout until the time is over, and one refit.

The best is refitted on all samples where the time for it is left. A training that the end of the
time interrupts counts as it is.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from scipy.stats import loguniform
from sklearn.model_selection import ParameterSampler

from benchmarks.peers.contestants.job import REFIT, Fitted, Job
from benchmarks.peers.contestants.scikit_mlp import answer, n_params, pipeline

WIDTHS = (8, 16, 32, 64, 128, 256, 400)
SPACE = {
    "hidden_layer_sizes": [(width,) * depth for width in WIDTHS for depth in (1, 2)],
    "activation": ["relu", "tanh"],
    "learning_rate_init": loguniform(1e-4, 3e-2),
    "alpha": loguniform(1e-6, 1e-1),
    "batch_size": [32, 64, 128, 256],
}


def fit(job: Job) -> Fitted:
    train, held = job.holdout()
    best, n_fits, refit_seconds = None, 0, 0.0
    for settings in ParameterSampler(SPACE, 100_000, random_state=job.seed):
        start = time.process_time()
        if (left := job.left_before(refit_seconds)) <= 0:
            break
        with _interrupted_after(left):
            candidate = pipeline(job, **settings).fit(job.x[train], job.y[train])
        found = answer(job, candidate, str(settings["hidden_layer_sizes"]))
        error = job.error(found.predict(job.x[held]), job.y[held])
        value, n_fits = job.objective(error, n_params(candidate), len(held)), n_fits + 1
        if best is None or value < best[0]:
            best = value, settings, found
            refit_seconds = REFIT * (time.process_time() - start)
    if best is None:
        raise TimeoutError("the time was over before the first fit")
    _, settings, found = best
    if (left := job.left()) > refit_seconds:
        with _interrupted_after(left):
            refitted = pipeline(job, **settings).fit(job.x, job.y)
        found = answer(job, refitted, f"{found.about} refitted")
    return Fitted(**{**vars(found), "about": f"{found.about}, best of {n_fits}"})


@contextmanager
def _interrupted_after(seconds: float) -> Iterator[None]:
    """Interrupt after so much processor time: the MLP then ends its training."""
    signal.signal(signal.SIGPROF, _interrupt)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
