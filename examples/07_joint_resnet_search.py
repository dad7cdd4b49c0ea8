"""A joint search: residual network and training together, with BOHB on a budget of epochs.

Tiny ranges and few epochs, for images of 8 x 8 pixels; leave out ``space`` and take
``epochs=81`` for real images.
"""

import tempfile
from pathlib import Path

from optuna_dnc import SearchResult, StagedSearch

with tempfile.TemporaryDirectory() as folder:
    out = Path(folder) / "resnet"
    StagedSearch(
        "digits",
        network="resnet",
        strategy="joint",
        sampler="bohb",
        pruner="hyperband",
        epochs=9,  # of a full training
        budget=27,  # epochs of all trainings together, but for the first network's
        space={"n_stages": 2, "channels": 4, "blocks": (1, 2), "widening": (1, 2)},
        training_space={"batch_size": (64, 128), "lr": (0.01, 1.0)},
        wc=0.1,
        out=out,
    ).run()

    result = SearchResult.load(out)  # as another process would
    best = result.best
    print(f"{best.config}: test accuracy {best.test_accuracy:.3f}, {best.n_params:,} parameters")
    print(f"learning rate {best.training.lr:.3f}, schedule {best.training.schedule}")
    *_, stage = result.summary["stages"]
    print(f"{stage['n_trials']} networks in {stage['epochs']} epochs, {stage['n_pruned']} stopped")
