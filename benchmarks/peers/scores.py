"""Figures of one run, from what was predicted for the test set."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.peers.contestants.job import Fitted, Question

SMALLEST = 1e-7  # probability in the logarithm, for all: that of float32


def scores(question: Question, fitted: Fitted, x: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """Return the test error, accuracy and log loss, and the size of what predicts."""
    predicted = np.asarray(fitted.predict(x))
    shape = (len(y), question.n_outputs) if question.is_classification else (len(y),)
    if predicted.shape != shape or not np.isfinite(predicted).all():
        raise ValueError(f"predictions of shape {predicted.shape} that are not all finite")
    error = question.error(predicted, y)
    figures: dict[str, Any] = {"error": error}
    if question.is_classification:
        likely = np.clip(predicted[np.arange(len(y)), y], SMALLEST, 1)
        figures |= {"accuracy": 1 - error, "log_loss": float(-np.log(likely).mean())}
    return figures | {
        "n_params": fitted.n_params, "n_bytes": fitted.n_bytes, "about": fitted.about,
        "baseline": question.baseline, "n_test": len(y),
    }  # fmt: skip
