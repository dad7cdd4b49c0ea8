"""scikit-learn's MLP: pipeline, size and bytes."""

from __future__ import annotations

import pickle
from typing import Any

from sklearn.compose import TransformedTargetRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.peers.contestants.job import Fitted, Job


def pipeline(job: Job, **settings: Any) -> Pipeline:
    """Standardized inputs (and targets of regression), and an MLP."""
    network = MLPClassifier if job.is_classification else MLPRegressor
    mlp = network(random_state=job.seed, **settings)
    if not job.is_classification:
        mlp = TransformedTargetRegressor(mlp, transformer=StandardScaler())
    return make_pipeline(StandardScaler(), mlp)


def n_params(fitted: Pipeline) -> int:
    mlp = getattr(fitted[-1], "regressor_", fitted[-1])
    return sum(array.size for array in (*mlp.coefs_, *mlp.intercepts_))


def answer(job: Job, fitted: Pipeline, about: str) -> Fitted:
    return Fitted(
        predict=fitted.predict_proba if job.is_classification else fitted.predict,
        n_bytes=len(pickle.dumps(fitted)),
        n_params=n_params(fitted),
        about=about,
    )
