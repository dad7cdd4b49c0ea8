"""AutoGluon: its predictor, size and bytes."""

from __future__ import annotations

import tempfile
from typing import Any

import numpy as np
import pandas as pd
from autogluon.tabular import TabularPredictor

from benchmarks.peers.contestants.job import Fitted, Job

TARGET = "target"
SAVED = 3.0  # seconds of the limit for what it does after its trainings


def fit_predictor(job: Job, **settings: Any) -> TabularPredictor:
    """Fit on one core; the time limit is what is left of the job."""
    predictor = TabularPredictor(
        TARGET,
        problem_type=_problem(job),
        path=tempfile.mkdtemp(prefix="autogluon-"),
        verbosity=0,
    )
    frame = _frame(job.x).assign(**{TARGET: job.y})
    limit = max(1.0, job.left() - SAVED)
    return predictor.fit(frame, time_limit=limit, num_cpus=1, num_gpus=0, **settings)


def answer(job: Job, predictor: TabularPredictor, n_params: int | None) -> Fitted:
    """Keep the best model only, and what it consists of."""
    names = predictor.model_names()
    predictor.delete_models(models_to_keep="best", dry_run=False)
    predictor.save_space()

    def predict(x: np.ndarray) -> np.ndarray:
        if not job.is_classification:
            return predictor.predict(_frame(x)).to_numpy(np.float64)
        found = predictor.predict_proba(_frame(x))  # without the rarest classes
        return found.reindex(columns=range(job.n_outputs), fill_value=0.0).to_numpy(np.float64)

    return Fitted(
        predict=predict,
        n_bytes=predictor.disk_usage(),
        n_params=n_params,
        about=f"{predictor.model_best}, {len(names)} models",
    )


def _problem(job: Job) -> str:
    if not job.is_classification:
        return "regression"
    return "binary" if job.n_outputs == 2 else "multiclass"


def _frame(x: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(x, columns=[f"x{i}" for i in range(x.shape[1])])
