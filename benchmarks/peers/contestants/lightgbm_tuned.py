"""LightGBM, tuned by Optuna on a holdout until the time is over, and one refit.

The number of iterations is that of early stopping on the holdout. The best is refitted on all
samples where the time for it is left; boosting ends with the time.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import lightgbm
import optuna
from lightgbm.callback import EarlyStopException

from benchmarks.peers.contestants.job import REFIT, Fitted, Job, TimeOverError
from benchmarks.peers.contestants.lightgbm_default import answer, booster

MAX_ITERATIONS = 2_000
PATIENCE = 30


def fit(job: Job) -> Fitted:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    train, held = job.holdout()
    best: tuple[float, Fitted, dict[str, Any]] | None = None
    refit_seconds = 0.0

    def check_time(now: Any) -> None:
        if job.left_before(refit_seconds) > 0:
            return
        if best is None:  # what there is of the first booster
            raise EarlyStopException(now.iteration, now.evaluation_result_list)
        raise TimeOverError

    def evaluate(trial: optuna.Trial) -> float:
        nonlocal best, refit_seconds
        start = time.process_time()
        settings = _suggest(trial)
        model = booster(job, n_estimators=MAX_ITERATIONS, **settings)
        stopping = lightgbm.early_stopping(PATIENCE, verbose=False)
        model.fit(
            job.x[train], job.y[train], eval_set=[(job.x[held], job.y[held])],
            callbacks=[check_time, stopping],
        )  # fmt: skip
        n_iterations = max(1, model.best_iteration_)
        found = answer(job, model, f"{n_iterations} iterations")
        error = job.error(found.predict(job.x[held]), job.y[held])
        if best is None or error < best[0]:
            best = error, found, {**settings, "n_estimators": n_iterations}
            share = n_iterations / (n_iterations + PATIENCE)
            refit_seconds = REFIT * share * (time.process_time() - start)
        return error

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=job.seed))
    study.enqueue_trial(_DEFAULTS)
    with suppress(TimeOverError):
        study.optimize(evaluate)
    n_trials = len(study.trials)
    assert best is not None
    _, found, settings = best
    about = f"{found.about}, best of {n_trials}"
    if job.left() < refit_seconds:
        return Fitted(**{**vars(found), "about": about})
    return answer(job, booster(job, **settings).fit(job.x, job.y), f"{about}, refitted")


_DEFAULTS = {
    "learning_rate": 0.1, "num_leaves": 31, "min_child_samples": 20, "subsample": 1.0,
    "colsample_bytree": 1.0, "reg_alpha": 1e-8, "reg_lambda": 1e-8,
}  # fmt: skip


def _suggest(trial: optuna.Trial) -> dict[str, Any]:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.3, log=True),
        "num_leaves": trial.suggest_int("num_leaves", 4, 256, log=True),
        "min_child_samples": trial.suggest_int("min_child_samples", 2, 100, log=True),
        "subsample": trial.suggest_float("subsample", 0.5, 1.0),
        "subsample_freq": 1,
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.3, 1.0),
        "reg_alpha": trial.suggest_float("reg_alpha", 1e-8, 10.0, log=True),
        "reg_lambda": trial.suggest_float("reg_lambda", 1e-8, 10.0, log=True),
    }
