"""A contestant that knows the share of each class only."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.contestants.job import Fitted, Job


def fit(job: Job) -> Fitted:
    if job.seed == 1:
        raise ValueError("seed 1 is too hard")
    shares = np.bincount(job.y) / len(job.y)
    return Fitted(
        predict=lambda x: np.tile(shares, (len(x), 1)), n_bytes=24, n_params=3, about="shares"
    )
