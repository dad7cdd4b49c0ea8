"""AutoGluon, medium quality: boosters, forests and networks, and their ensemble."""

from __future__ import annotations

from benchmarks.peers.contestants.autogluon_tabular import answer, fit_predictor
from benchmarks.peers.contestants.job import Fitted, Job


def fit(job: Job) -> Fitted:
    return answer(job, fit_predictor(job, presets="medium_quality"), None)
