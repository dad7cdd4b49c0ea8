"""What does a prediction cost beside the bare module?

Seconds of ``result.predict(x)`` for one raw sample and for 1,000, beside the same network called
with inputs that are normalized already. The first prediction of a result reads and builds its
network; the median of the later ones counts. Rounds alternate, one core.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.common import parser, print_table, quiet, rounded, save
from optuna_dnc.data import load_dataset
from optuna_dnc.results.trained_network import Predicting
from optuna_dnc.search import StagedSearch

SAMPLES = (1, 1000)
SMALL: dict[str, Any] = {"epochs": 1, "n_startup_trials": 1, "n_steps": 4}
SPACES: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "mlp": ((64,), {"width": (40, 60)}),
    "cnn": ((1, 8, 8), {"n_layers": (4, 4), "refinements": ("downsampling",)}),
}
"""Shape of a sample, and space, by network family."""


def seconds(function: Callable[[], object]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def compare(title: str, predicting: Predicting, x: np.ndarray, lasts: float) -> dict[str, Any]:
    """Measure one network, or several that vote, on these raw samples."""
    first = seconds(lambda: predicting.predict(x))
    predictor = predicting.predictor()
    inputs = predictor.preprocessing.transform(x)

    def bare() -> None:
        for model in predictor.models:
            model(inputs)

    calls: dict[str, Callable[[], object]] = {
        "module": torch.inference_mode()(bare),
        "predict": lambda: predicting.predict(x),
        "predict_proba": lambda: predicting.predict_proba(x),
    }
    taken: dict[str, list[float]] = {name: [] for name in calls}
    end = time.perf_counter() + lasts
    while time.perf_counter() < end:
        for name, call in calls.items():
            taken[name].append(seconds(call))
    medians = {"first": first} | {name: statistics.median(each) for name, each in taken.items()}
    in_ms = {f"{name} (ms)": rounded(value * 1e3, 3) for name, value in medians.items()}
    return {"network": title, "samples": len(x), **in_ms}


def digits(shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    """Digits as vectors for an MLP, or as images for a CNN."""
    data = load_dataset("digits")
    x_train, x_test = (x.reshape(len(x), *shape) for x in (data.x_train, data.x_test))
    return x_train, data.y_train, x_test, data.y_test


def subjects(folder: Path) -> Iterator[tuple[str, Predicting, np.ndarray]]:
    """Networks of short searches, each with raw samples."""
    for network, (shape, space) in SPACES.items():
        data = digits(shape)
        x = np.resize(data[2], (max(SAMPLES), *shape))
        search = StagedSearch(data, network=network, space=space, out=folder / network, **SMALL)
        result = search.run()
        yield network, result, x
        yield f"{network}, ensemble of 3", result.ensemble(3, data=data), x


def main() -> None:
    options = parser(__doc__ or "", "search/prediction_time")
    options.add_argument("--seconds", type=float, default=3.0, help="of measuring, for each row")
    given = options.parse_args()
    quiet()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for title, predicting, x in subjects(Path(folder)):
            rows += [compare(title, predicting, x[:n], given.seconds) for n in SAMPLES]
    rows = [
        {
            key: rounded(value, 3) if isinstance(value, float) else value
            for key, value in row.items()
        }
        for row in rows
    ]
    print_table(rows)
    save(given.json, rows=rows)


if __name__ == "__main__":
    main()
