"""What a contestant is asked and what it answers; needs NumPy only."""

from __future__ import annotations

import json
import math
import resource
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

MARGIN = 0.2  # seconds for what follows the training
REFIT = 1.25  # all samples are so many times those that the holdout leaves


class TimeOverError(Exception):
    """The processor time of the job is used up."""


@dataclass(frozen=True)
class Question:
    """All that is asked besides arrays."""

    task: str
    """``classification`` or ``regression``."""
    n_outputs: int
    """Number of classes, which are 0, 1, ...; 1 for regression."""
    baseline: int
    """Number of parameters that counts as 1."""
    seconds: float
    """Processor time, from the start of the process; infinite for those without a limit."""
    wc: float
    seed: int

    def write(self, folder: Path) -> None:
        (folder / "job.json").write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, folder: Path) -> Question:
        return cls(**json.loads((folder / "job.json").read_text()))

    @property
    def is_classification(self) -> bool:
        return self.task == "classification"

    def left(self) -> float:
        """Seconds of processor time that are left; imports and ended children count."""
        return self.seconds - MARGIN - processor_seconds()

    def left_before(self, refit: float) -> float:
        """Seconds that are left before a refit of about so long, with a reserve, must begin.

        For one of more than a third of the limit no time is set aside: searching on is better.
        """
        return self.left() - (1.5 * refit + 0.2 if 0 < refit < self.seconds / 3 else 0.0)

    def error(self, predicted: np.ndarray, y: np.ndarray) -> float:
        """Share of wrong labels, or squared error divided by the variance of ``y``.

        Args:
            predicted: Probabilities ``(n, n_outputs)``, or values ``(n,)`` for regression.
            y: Labels or values ``(n,)``.
        """
        if self.is_classification:
            return float(np.mean(predicted.argmax(axis=1) != y))
        return float(np.mean((predicted - y) ** 2) / np.var(y))

    def objective(self, error: float, n_params: int, n_samples: int) -> float:
        """Return ``log10(error + wc * n_params / baseline)``; no error counts as half a sample."""
        return objective(error, n_params, wc=self.wc, baseline=self.baseline, n_samples=n_samples)


@dataclass(frozen=True)
class Job(Question):
    """A question with its training samples."""

    x: np.ndarray
    """``(n, d)`` or images ``(n, channels, height, width)``, float32."""
    y: np.ndarray
    """``(n,)``, int64 labels or float32 values."""

    @classmethod
    def load(cls, folder: Path) -> Job:
        with np.load(folder / "train.npz") as arrays:
            return cls(**asdict(Question.read(folder)), x=arrays["xtr"], y=arrays["ytr"])

    def holdout(self) -> tuple[np.ndarray, np.ndarray]:
        """Indices of 80 % of the samples for training, with every class, and of 20 % besides."""
        order = np.random.default_rng(self.seed).permutation(len(self.x))
        if self.is_classification:
            _, one_each = np.unique(self.y[order], return_index=True)
            order = np.concatenate([np.delete(order, one_each), order[one_each]])
        n = len(order) // 5
        return order[n:], order[:n]


@dataclass(frozen=True)
class Fitted:
    """What a contestant answers."""

    predict: Callable[[np.ndarray], np.ndarray]
    """Probabilities ``(n, n_outputs)``, or values ``(n,)``, of raw samples."""
    n_bytes: int
    """Of the file that predicts."""
    n_params: int | None = None
    """None if it is no network."""
    about: str = ""
    """What was chosen out of how many."""

    def write(self, folder: Path, x: np.ndarray) -> None:
        """Write the predictions of the test set; the time they take does not count."""
        facts = {k: v for k, v in vars(self).items() if k != "predict"}
        written = json.dumps({"cpu_seconds": processor_seconds(), "fitted": facts})
        np.save(folder / "predicted.npy", np.asarray(self.predict(x)), allow_pickle=False)
        (folder / "fitted.json").write_text(written)


def processor_seconds() -> float:
    """User and system time of this process, imports included, and of its ended children."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def objective(error: float, n_params: int, *, wc: float, baseline: int, n_samples: int) -> float:
    """Return ``log10(error + wc * n_params / baseline)``; no error counts as half a sample."""
    return math.log10(max(error, 0.5 / n_samples) + wc * n_params / baseline)
