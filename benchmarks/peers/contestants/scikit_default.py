"""scikit-learn's MLP as it is."""

from __future__ import annotations

from benchmarks.peers.contestants.job import Fitted, Job
from benchmarks.peers.contestants.scikit_mlp import answer, pipeline


def fit(job: Job) -> Fitted:
    return answer(job, pipeline(job).fit(job.x, job.y), "100")
