"""LightGBM as it is."""

from __future__ import annotations

import pickle
from typing import Any

from lightgbm import LGBMClassifier, LGBMModel, LGBMRegressor

from benchmarks.peers.contestants.job import Fitted, Job


def booster(job: Job, **settings: Any) -> LGBMModel:
    kind = LGBMClassifier if job.is_classification else LGBMRegressor
    return kind(random_state=job.seed, n_jobs=1, verbose=-1, **settings)


def answer(job: Job, fitted: LGBMModel, about: str) -> Fitted:
    return Fitted(
        predict=fitted.predict_proba if job.is_classification else fitted.predict,
        n_bytes=len(pickle.dumps(fitted.booster_)),
        about=about,
    )


def fit(job: Job) -> Fitted:
    return answer(job, booster(job).fit(job.x, job.y), "100 iterations")
