"""RealMLP-TD with its tuned defaults; fewer than its 256 epochs where the time is too short."""

from __future__ import annotations

import pickle
import time
from typing import Any

import numpy as np
from pytabkit import RealMLP_TD_Classifier, RealMLP_TD_Regressor

from benchmarks.peers.contestants.job import Fitted, Job

EPOCHS = 256
N_TIMED = 3_000  # samples
USED = 0.9  # share of the time that is left: a schedule cannot be cut later


def network(job: Job, n_epochs: int) -> Any:
    kind = RealMLP_TD_Classifier if job.is_classification else RealMLP_TD_Regressor
    return kind(device="cpu", n_threads=1, random_state=job.seed, n_epochs=n_epochs)


def seconds_of_epoch(job: Job) -> float:
    """Processor time of an epoch of all samples, from short fits on a part of them."""
    rows = np.random.default_rng(job.seed).permutation(len(job.x))[:N_TIMED]
    spent = []
    for n_epochs in (1, 1, 3):  # the first one warms up
        start = time.process_time()
        network(job, n_epochs).fit(job.x[rows], job.y[rows])
        spent.append(time.process_time() - start)
    return max(1e-3, (spent[2] - spent[1]) / 2) * len(job.x) / len(rows)


def fit(job: Job) -> Fitted:
    epoch = seconds_of_epoch(job)
    n_epochs = max(1, min(EPOCHS, int(USED * job.left() / epoch)))
    fitted = network(job, n_epochs).fit(job.x, job.y)
    return Fitted(
        predict=fitted.predict_proba if job.is_classification else fitted.predict,
        n_bytes=len(pickle.dumps(fitted)),
        n_params=sum(p.numel() for p in fitted.alg_interface_.model.parameters()),
        about=f"{n_epochs} epochs",
    )
