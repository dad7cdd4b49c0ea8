"""A staged search on NumPy arrays, from Python: labels are strings and come back as strings."""

import tempfile
from pathlib import Path

import numpy as np

from optuna_dnc import SearchResult, StagedSearch

rng = np.random.default_rng(0)
centres = rng.normal(size=(4, 12))
names = np.array(["north", "east", "south", "west"])


def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Samples around four centres, with the names of their centres."""
    which = rng.integers(0, 4, n)
    return centres[which] + rng.normal(size=(n, 12)), names[which]


with tempfile.TemporaryDirectory() as folder:
    out = Path(folder) / "compass"
    StagedSearch(
        (*draw(400), *draw(200)),  # training samples and labels, test samples and labels
        network="mlp",
        wc=0.1,
        epochs=10,
        n_startup_trials=5,
        n_steps=2,
        out=out,
    ).run()

    result = SearchResult.load(out)  # as another process would
    best = result.best
    print(f"{best.config}: test accuracy {best.test_accuracy:.3f}, {best.n_params:,} parameters")
    print(result.predict(centres))  # raw samples in, labels out
