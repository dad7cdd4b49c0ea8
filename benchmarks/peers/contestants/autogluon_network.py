"""AutoGluon's network in torch alone."""

from __future__ import annotations

from benchmarks.peers.contestants.autogluon_tabular import answer, fit_predictor
from benchmarks.peers.contestants.job import Fitted, Job


def fit(job: Job) -> Fitted:
    predictor = fit_predictor(job, hyperparameters={"NN_TORCH": {}}, fit_weighted_ensemble=False)
    network = predictor._trainer.load_model(predictor.model_best).model
    return answer(job, predictor, sum(p.numel() for p in network.parameters()))
