"""An engineer's study over plain CNNs."""

from __future__ import annotations

import optuna
from torch import nn

from benchmarks.peers.contestants.job import Fitted, Job
from benchmarks.peers.contestants.torch_study import Study


def suggest(trial: optuna.Trial, job: Job) -> nn.Module:
    """Two to four blocks of a convolution, batch normalization and pooling; widths double."""
    n_blocks = trial.suggest_int("n_blocks", 2, 4)
    width = trial.suggest_int("width", 4, 64, log=True)
    dropout = trial.suggest_float("dropout", 0.0, 0.5)
    blocks: list[nn.Module] = []
    channels = job.x.shape[1]
    for i in range(n_blocks):
        wider = width * 2**i
        blocks += [
            nn.Conv2d(channels, wider, 3, padding=1, bias=False),
            nn.BatchNorm2d(wider),
            nn.ReLU(),
            nn.MaxPool2d(2, ceil_mode=True),
        ]
        channels = wider
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout)]
    return nn.Sequential(*blocks, *head, nn.Linear(channels, job.n_outputs))


def fit(job: Job) -> Fitted:
    return Study(job, suggest).run()
