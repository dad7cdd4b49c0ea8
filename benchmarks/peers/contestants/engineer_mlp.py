"""An engineer's study over one flat space of MLPs."""

from __future__ import annotations

import optuna
from torch import nn

from benchmarks.peers.contestants.job import Fitted, Job
from benchmarks.peers.contestants.torch_study import Study


def suggest(trial: optuna.Trial, job: Job) -> nn.Module:
    """No to two layers of 4 to 400."""
    activation = {"relu": nn.ReLU, "silu": nn.SiLU}[
        trial.suggest_categorical("activation", ["relu", "silu"])
    ]
    dropout = trial.suggest_float("dropout", 0.0, 0.5)
    layers: list[nn.Module] = []
    width = job.x.shape[1]
    for i in range(trial.suggest_int("n_layers", 0, 2)):
        wider = trial.suggest_int(f"width_{i}", 4, 400, log=True)
        layers += [nn.Linear(width, wider), activation(), nn.Dropout(dropout)]
        width = wider
    return nn.Sequential(*layers, nn.Linear(width, job.n_outputs))


def fit(job: Job) -> Fitted:
    return Study(job, suggest).run()
